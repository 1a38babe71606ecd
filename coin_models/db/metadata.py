"""The metadata in which all tables are declared, with the naming of their constraints."""

from importlib import import_module

from sqlalchemy import MetaData

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)
_MODULES = ("coin_models.db.schema", "coin_models.db.trading_schema")


def whole_metadata() -> MetaData:
    """The metadata with every table declared: what the migrations' head must equal."""
    for name in _MODULES:
        import_module(name)
    return metadata

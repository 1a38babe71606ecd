"""Every table: the modules that declare them, imported."""

from sqlalchemy import MetaData

from coin_models.db import schema, trading_schema  # noqa: F401 - each declares its tables when it is imported
from coin_models.db.metadata import metadata


def whole_metadata() -> MetaData:
    """The metadata with every table declared: what the migrations' head must equal."""
    return metadata

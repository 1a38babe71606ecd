"""Databases at an earlier revision of the schema."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

from coin_models.db import migrate
from coin_models.db.engine import Database


def migrate_to(database: Database, revision: str) -> None:
    """Brings an empty database to the tables of this revision, as an earlier version of the code made them."""
    with database.begin() as connection:
        command.upgrade(_config(connection), revision)


def downgrade_to(database: Database, revision: str) -> None:
    """Takes a database back to the tables of this revision: what later ones added is gone."""
    with database.begin() as connection:
        command.downgrade(_config(connection), revision)


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(migrate.__file__).parent / "migrations").replace("%", "%%"))
    config.attributes["connection"] = connection
    return config

"""Creates or upgrades the tables, once, also when several processes start together.

Alembic is imported only when there is something to upgrade: every command opens the database, few upgrade it.
"""

import logging
from pathlib import Path

from sqlalchemy import Connection, column, inspect, select, table, text

from coin_models.db.engine import Database
from coin_models.errors import DatabaseError

_logger = logging.getLogger(__name__)

HEAD = "0007"
"""The newest revision; a test compares it with the scripts."""
VERSION_TABLE = "coin_models_revision"
"""Not Alembic's default: Dagster keeps its own revision under that name, in the same PostgreSQL."""
_LOCK = 0x636F696E  # "coin": PostgreSQL's advisory lock of the process that migrates


def migrate(database: Database) -> None:
    """Brings the tables to `HEAD`.

    Raises:
        DatabaseError: the database was upgraded by newer code than this.
    """
    with database.read() as connection:
        if current_revision(connection) == HEAD:
            return

    def work(connection: Connection) -> None:  # on SQLite, holds the write lock from here
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        revision = current_revision(connection)
        if revision != HEAD:  # no other process was quicker
            _upgrade(connection, revision, database.url)

    database.transact(work)


def current_revision(connection: Connection) -> str | None:
    """The revision the database is at; None before the first migration."""
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    return connection.execute(select(column("version_num")).select_from(table(VERSION_TABLE))).scalar()


def _upgrade(connection: Connection, revision: str | None, url: str) -> None:
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    scripts = str(Path(__file__).parent / "migrations")
    config.set_main_option("script_location", scripts.replace("%", "%%"))
    config.attributes["connection"] = connection
    revisions = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if revision is not None and revision not in revisions:
        raise DatabaseError(
            f"database {url} is at schema revision {revision}, this code knows up to {HEAD}: "
            "a newer coin_models upgraded it; upgrade this one too"
        )
    _logger.info("upgrading the tables", extra={"from": revision, "to": HEAD, "url": url})
    command.upgrade(config, HEAD)

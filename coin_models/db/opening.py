"""Opens the database that the settings name, SQLite in the home folder or PostgreSQL, with its tables."""

from contextlib import suppress
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import PoolProxiedConnection, StaticPool

from coin_models.db.engine import Database
from coin_models.db.migrate import migrate as migrate_schema
from coin_models.errors import DatabaseError
from coin_models.private_files import make_private_file, make_private_folder
from coin_models.settings.root import Settings

_BUSY_TIMEOUT_MS = 5_000  # another process writes to the same SQLite file; longer than this is said
_CONNECTING = {
    "connect_timeout": "5",  # seconds; each address of a host has them
    "application_name": "coin_models",
    "keepalives_idle": "15",
    "tcp_user_timeout": "20000",  # ms until a connection counts as dead whose packets are not received
}


def open_database(settings: Settings, *, migrate: bool = True, patience_seconds: float | None = None) -> Database:
    """Opens the database that the settings name; creates or upgrades its tables unless `migrate` is false.

    It waits `patience_seconds` for an unavailable server; default: `operations.database_wait_seconds`.
    SQLite's file is created by the first connection: a command that only reads looks first whether it is there (home/opening.py).

    Raises:
        DatabaseError: the URL cannot be read, the server refuses, or the schema is newer than this code.
        DatabaseUnavailable: the server cannot be reached.
    """
    seconds = settings.operations.database_wait_seconds if patience_seconds is None else patience_seconds
    database = Database(_engine(_url(settings)), patience_seconds=seconds)
    if migrate:
        migrate_schema(database)
    return database


def empty_database() -> Database:
    """A database in memory, with its tables and nothing in them: what is read where there is no home."""
    engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
    database = Database(engine)
    migrate_schema(database)
    return database


def _url(settings: Settings) -> URL:
    if settings.database_url is None:
        folder = settings.home.absolute()
        _make_folder(folder)
        with suppress(OSError):  # SQLite says it in its own words
            make_private_file(folder / "coin_models.db")
        return URL.create("sqlite", database=str(folder / "coin_models.db"))
    try:
        url = make_url(settings.database_url.get_secret_value())
    except (ArgumentError, ValueError):
        # The parser's own message may quote the URL, and with it the password.
        raise DatabaseError(
            "database_url (COIN_MODELS_DATABASE_URL) cannot be read: expected postgresql://user:password@host:port/name"
        ) from None
    return postgres_url(url)


def postgres_url(url: URL) -> URL:
    """The URL with the driver named, and with our waits where it names none of its own."""
    named = url.set(drivername="postgresql+psycopg2")
    return named.update_query_dict({name: value for name, value in _CONNECTING.items() if name not in url.query})


def _make_folder(folder: Path) -> None:
    try:
        make_private_folder(folder)
    except OSError as error:
        raise DatabaseError(f"could not create the home folder {folder}: {error.strerror}") from error


def _engine(url: URL) -> Engine:
    if url.get_backend_name() == "sqlite":
        engine = create_engine(url, hide_parameters=True, connect_args={"timeout": _BUSY_TIMEOUT_MS / 1000})
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    return create_engine(
        url,
        hide_parameters=True,
        pool_pre_ping=True,  # a restarted server leaves dead connections in the pool
        pool_size=4,
        max_overflow=8,
    )


def _prepare_sqlite(connection: PoolProxiedConnection, _record: object) -> None:
    connection.isolation_level = None  # type: ignore[attr-defined]  # sqlite3 would begin transactions by itself, late
    cursor = connection.cursor()
    # Before anything else: switching to WAL needs the file for itself for an instant.
    cursor.execute(f"PRAGMA busy_timeout = {_BUSY_TIMEOUT_MS}")
    if cursor.execute("PRAGMA journal_mode").fetchone() != ("wal",):
        cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = NORMAL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    read_only = connection.get_execution_options().get("read_only", False)
    connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")

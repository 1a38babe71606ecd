"""Opens the database, SQLite in the home folder or PostgreSQL, and runs transactions on it.

The retry of a single statement is in `retrying.py`.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import PoolProxiedConnection, StaticPool

from coin_models.db.failures import explain, may_pass, shown_url
from coin_models.db.migrate import migrate as migrate_schema
from coin_models.db.retrying import READ_ONLY, RetryingConnection, database_backoff, retry_connections
from coin_models.errors import DatabaseError
from coin_models.settings.root import Settings

T = TypeVar("T")

PATIENCE_SECONDS = 120.0
"""How long to wait for an unavailable server, without settings."""
_BUSY_TIMEOUT_MS = 5_000  # another process writes to the same SQLite file; longer than this is said
_CONNECTING = {
    "connect_timeout": "5",  # seconds; each address of a host has them
    "application_name": "coin_models",
    "keepalives_idle": "15",
    "tcp_user_timeout": "20000",  # ms until a connection counts as dead whose packets are not received
}


class Database:
    """A pool of connections; begins transactions, and waits a bounded time for a server that restarts."""

    def __init__(
        self,
        engine: Engine,
        *,
        patience_seconds: float = PATIENCE_SECONDS,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.engine = engine
        if engine.dialect.name == "postgresql":
            retry_connections(engine, patience_seconds, sleep=sleep)
        self._beginning = database_backoff(patience_seconds, sleep)
        self._transactions = database_backoff(patience_seconds, sleep)

    @property
    def url(self) -> str:
        """Where it is, for people: the password is masked."""
        return shown_url(self.engine.url)

    def __repr__(self) -> str:
        return f"Database({self.url})"

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """A transaction that may write: commits at the end of the block, rolls back on an exception.

        On SQLite it takes the write lock at once, so that what it reads stays true until it commits.

        Raises:
            DatabaseUnavailable: no connection within the patience, or lost before the commit: nothing was committed,
                or, during the commit, the outcome is unknown. Idempotent work may be run again: see `transact`.
            DatabaseError: the database refused.
        """
        with self._transaction(read_only=False) as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that only reads; on SQLite it waits for no writer. Raises as `begin`."""
        with self._transaction(read_only=True) as connection:
            yield connection

    def transact(self, work: Callable[[Connection], T]) -> T:
        """Runs idempotent `work` in a transaction, from the start again when the connection is lost within it."""

        def attempt() -> T:
            with self.begin() as connection:
                return work(connection)

        return self._transactions.run(attempt, may_pass=may_pass)

    def close(self) -> None:
        """Closes the pooled connections."""
        self.engine.dispose()

    @contextmanager
    def _transaction(self, *, read_only: bool) -> Iterator[Connection]:
        with self._beginning.run(lambda: self._begun(read_only=read_only)) as connection:
            try:
                yield connection
                if not read_only:
                    connection.commit()
            except (DBAPIError, PoolTimeout) as error:
                raise explain(error, self.engine.url) from error

    def _begun(self, *, read_only: bool) -> Connection:
        """A connection with its transaction begun; on PostgreSQL one that can be written, if it is to be."""
        try:
            connection = self.engine.connect().execution_options(**{READ_ONLY: read_only})
            try:
                if isinstance(connection, RetryingConnection) and not read_only:
                    connection.begin_writing()
                else:
                    connection.begin()
            except BaseException:
                connection.close()
                raise
        except (DBAPIError, PoolTimeout) as error:
            raise explain(error, self.engine.url) from error
        return connection


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
        folder.mkdir(parents=True, exist_ok=True)
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

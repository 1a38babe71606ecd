"""Opens the database, SQLite in the home folder or PostgreSQL, and runs transactions on it.

Belongs here: connections, transactions, the bounded wait for a server that restarts. Not here: tables (`schema.py`),
migrations (`migrate.py`), what an error means (`failures.py`).
"""

import logging
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.pool import PoolProxiedConnection, StaticPool

from coin_models.db.failures import explain
from coin_models.db.migrate import migrate as migrate_schema
from coin_models.errors import DatabaseError, DatabaseUnavailable
from coin_models.settings.root import Settings

_logger = logging.getLogger(__name__)

T = TypeVar("T")

PATIENCE_SECONDS = 30.0
"""How long a transaction waits for a server that is away, before it gives up."""
_BUSY_TIMEOUT_MS = 30_000  # another process writes to the same SQLite file
_CONNECT_TIMEOUT_SECONDS = 5
_LONGEST_PAUSE_SECONDS = 2.0


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
        self._patience_seconds = patience_seconds
        self._sleep = sleep
        self._away_since: float | None = None

    @property
    def url(self) -> str:
        """Where it is, for people: the password is masked."""
        return self.engine.url.render_as_string(hide_password=True)

    def __repr__(self) -> str:
        return f"Database({self.url})"

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """A transaction that may write: commits at the end of the block, rolls back on an exception.

        On SQLite it takes the write lock at once, so that what it reads stays true until it commits.

        Raises:
            DatabaseUnavailable: no connection within the patience, or lost before the commit: nothing was committed,
                or, in the instant of the commit, nobody knows. Idempotent work may be run again: see `transact`.
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
        deadline = time.monotonic() + self._patience_seconds
        while True:
            try:
                with self.begin() as connection:
                    return work(connection)
            except DatabaseUnavailable as error:
                if time.monotonic() >= deadline:
                    raise
                _logger.warning("transaction lost, running it again: %s", error)
            self._sleep(_LONGEST_PAUSE_SECONDS * random.uniform(0.1, 0.5))  # noqa: S311 - jitter, not a secret

    def close(self) -> None:
        """Closes the pooled connections."""
        self.engine.dispose()

    @contextmanager
    def _transaction(self, *, read_only: bool) -> Iterator[Connection]:
        with self._connect(read_only=read_only) as connection:
            try:
                yield connection
                connection.commit()
            except DBAPIError as error:
                raise explain(error, self.engine.url) from error

    def _connect(self, *, read_only: bool) -> Connection:
        """A connection with its transaction begun; tries again, with jitter, while the server is away."""
        pause = 0.1
        while True:
            try:
                connection = _begun(self.engine, read_only=read_only)
            except DBAPIError as error:
                explained = explain(error, self.engine.url)
                if not explained.transient:
                    raise explained from error
                if self._away_since is None:
                    self._away_since = time.monotonic()
                    _logger.warning("database is away, waiting up to %.0f s: %s", self._patience_seconds, explained)
                # One absence is waited for once: what comes after it is given up is not to wait as long again, in turn.
                if time.monotonic() + pause > self._away_since + self._patience_seconds:
                    raise explained from error
            else:
                since, self._away_since = self._away_since, None
                if since is not None:
                    _logger.warning("database is back after %.1f s", time.monotonic() - since)
                return connection
            self._sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 - jitter, not a secret
            pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)


def open_database(settings: Settings, *, migrate: bool = True) -> Database:
    """Opens the database that the settings name; creates or upgrades its tables unless `migrate` is false.

    SQLite's file is created by the first connection: a command that only reads looks first whether it is there (home/opening.py).

    Raises:
        DatabaseError: the URL cannot be read, the server refuses, or the schema is newer than this code.
        DatabaseUnavailable: the server cannot be reached.
    """
    database = Database(_engine(_url(settings)))
    if migrate:
        migrate_schema(database)
    return database


def empty_database() -> Database:
    """A database in memory, with its tables and nothing in them: what is read where there is no home."""
    engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
    database = Database(engine)
    migrate_schema(database)
    return database


def _begun(engine: Engine, *, read_only: bool) -> Connection:
    connection = engine.connect().execution_options(read_only=read_only)
    try:
        connection.begin()
    except BaseException:
        connection.close()
        raise
    return connection


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
    return url.set(drivername="postgresql+psycopg2")


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
        connect_args={
            "connect_timeout": _CONNECT_TIMEOUT_SECONDS,
            "application_name": "coin_models",
            "keepalives_idle": 15,
            "tcp_user_timeout": 20_000,
        },
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

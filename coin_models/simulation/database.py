"""The database of a night: a real SQLite, whose statements are operations of the process that sends them.

Readers have their own snapshot, as in production; who wants to write waits for the writer on the simulated clock.
"""

import shutil
import sqlite3
import tempfile
from collections import deque
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import Connection as SqlConnection
from sqlalchemy import Engine, create_engine
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

from coin_models.db.opening import empty_database
from coin_models.db.retrying import READ_ONLY
from coin_models.simulation.operations import Operations
from coin_models.simulation.scheduler import Process, Task

BUSY_SECONDS = 5.0  # as db/opening.py's busy timeout
_MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of our own is made in it


class DatabaseLost(sqlite3.OperationalError):
    """The connection broke: what SQLite says when its disk does not answer."""

    sqlite_errorname = "SQLITE_IOERR"


class SimulatedSqlite:
    """The one SQLite of a night: a file in memory where the machine has such a folder, with the journal of production."""

    def __init__(self, image: bytes, operations: Operations) -> None:
        self._folder = Path(tempfile.mkdtemp(dir=_MEMORY if _MEMORY.is_dir() else None, prefix="coin_models_night_"))
        self._path = self._folder / "night.db"
        self._path.write_bytes(image)
        self._idle: list[sqlite3.Connection] = []
        self.open: list[Connection] = []
        self.operations = operations
        self.is_away = False
        self.owner: Connection | None = None  # whose transaction may write
        self._waiting: deque[Task] = deque()
        self.on_connect: Callable[[sqlite3.Connection], object] = _nothing
        self.on_commit: Callable[[sqlite3.Connection], object] = _nothing
        self.on_rollback: Callable[[sqlite3.Connection], object] = _nothing

    def raw(self) -> sqlite3.Connection:
        """A connection that no one uses."""
        if self._idle:
            return self._idle.pop()
        raw = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False, timeout=0.0)
        raw.execute("PRAGMA journal_mode = WAL")
        raw.execute("PRAGMA synchronous = OFF")  # no power cut is simulated
        raw.execute("PRAGMA foreign_keys = ON")
        self.on_connect(raw)
        return raw

    def take_turn(self, connection: "Connection") -> None:
        """Waits until this connection may write, as SQLite's busy handler does.

        Raises:
            DatabaseLost: another transaction took too long.
        """
        scheduler = self.operations.scheduler
        deadline = scheduler.now + BUSY_SECONDS
        while self.owner is not None:
            if scheduler.current is None or scheduler.now >= deadline:
                raise DatabaseLost("database is locked")
            self._waiting.append(scheduler.current)
            scheduler.suspend(deadline - scheduler.now)
        self.owner = connection

    def end(self, connection: "Connection") -> None:
        """Rolls back what was not committed, and lets the next one write."""
        if connection in self.open and connection.raw.in_transaction:
            connection.raw.execute("ROLLBACK")
            self.on_rollback(connection.raw)
        if self.owner is connection:
            self.owner = None
            while self._waiting:
                self.operations.scheduler.wake(self._waiting.popleft())

    def put_back(self, connection: "Connection") -> None:
        """Closes a connection."""
        self.end(connection)
        if connection not in self.open:
            return
        self.open.remove(connection)
        was_killed = connection.process is not None and not connection.process.is_alive
        if connection.has_read and (connection.is_lost or was_killed):
            connection.raw.close()  # a statement that was cut off would keep its old snapshot for the next user
        else:
            self._idle.append(connection.raw)

    def drop(self, process: Process) -> None:
        """Closes the connections of a process that is no more."""
        for connection in [each for each in self.open if each.process is process]:
            self.put_back(connection)

    def image(self) -> bytes:
        """The whole database as bytes."""
        raw = self.raw()
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self._idle.append(raw)
        return self._path.read_bytes()

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        """Rows, for the simulator's own look."""
        raw = self.raw()
        rows = raw.execute(statement).fetchall()
        self._idle.append(raw)
        return rows

    def close(self) -> None:
        """Removes the file."""
        for raw in [*self._idle, *(connection.raw for connection in self.open)]:
            raw.close()
        shutil.rmtree(self._folder)


class Connection:
    """A DBAPI connection of one process; SQLAlchemy takes it for one that a pool has lent."""

    def __init__(self, sqlite: SimulatedSqlite) -> None:
        self._sqlite = sqlite
        self.raw = sqlite.raw()
        self.process = sqlite.operations.process
        self.is_lost = False
        self.is_valid = True
        self.has_read = False  # whether a statement may have been cut off
        self.isolation_level: str | None = None
        sqlite.open.append(self)

    def cursor(self, *_arguments: object) -> "Cursor":
        """A cursor whose statements are operations."""
        self.has_read = True
        cursor = self.raw.cursor(Cursor)
        cursor.owner = self
        return cursor

    def run(self, statement: str, effect: Callable[[], Any]) -> Any:
        """A statement, with what may go wrong before and after it."""
        sqlite, kind = self._sqlite, _kind(statement)
        if self.is_lost:
            raise DatabaseLost("the connection was lost")

        def unless_away() -> Any:
            if sqlite.is_away:
                raise DatabaseLost("the simulated database does not answer")
            return effect()

        try:
            if statement.startswith("BEGIN IMMEDIATE"):
                sqlite.take_turn(self)
            return sqlite.operations.run("sql", kind, unless_away, DatabaseLost)
        except DatabaseLost:
            self.is_lost = True
            sqlite.end(self)
            raise
        except sqlite3.Error:
            raise
        except BaseException:
            sqlite.end(self)
            raise

    def begin(self, statement: str) -> None:
        """Begins a transaction."""
        self.run(statement, lambda: self.raw.execute(statement))

    def commit(self) -> None:
        """Commits, and lets the next one begin."""
        if self.raw.in_transaction or self.is_lost:
            self.run("COMMIT", self._commit)
            self._sqlite.end(self)

    def _commit(self) -> None:
        self.raw.execute("COMMIT")
        self._sqlite.on_commit(self.raw)

    def rollback(self) -> None:
        """Rolls back, and lets the next one begin."""
        self._sqlite.end(self)

    @property
    def dbapi_connection(self) -> "Connection":
        """Itself."""
        return self

    def close(self) -> None:
        """Gives the connection back."""
        self._sqlite.put_back(self)

    def invalidate(self, _error: BaseException | None = None) -> None:
        """It is closed and not used again."""
        self.is_valid = False
        self._sqlite.put_back(self)

    def create_function(self, *_arguments: object, **_options: object) -> None:
        """SQLAlchemy's regular expressions, which nothing here uses."""

    def _close_special(self, *, transaction_reset: bool = False) -> None:
        self._sqlite.put_back(self)


class Cursor(sqlite3.Cursor):
    """A cursor whose statements are operations of its connection's process."""

    owner: Connection

    def execute(self, statement: str, parameters: Any = ()) -> "Cursor":
        """As the parent's."""
        self.owner.run(statement, lambda: sqlite3.Cursor.execute(self, statement, parameters))
        return self

    def executemany(self, statement: str, parameters: Any) -> "Cursor":
        """As the parent's."""
        self.owner.run(statement, lambda: sqlite3.Cursor.executemany(self, statement, parameters))
        return self


class SimulatedEngine:
    """One engine for all nights: compiled statements are kept from night to night."""

    def __init__(self) -> None:
        self.sqlite: SimulatedSqlite | None = None
        self.engine: Engine = create_engine("sqlite://", creator=self._connect, poolclass=NullPool)
        with self.engine.connect():  # the dialect looks once at the version of SQLite
            pass
        self.engine._connection_cls = self._unpooled  # type: ignore[assignment]

    def _connect(self) -> Any:
        return sqlite3.connect(":memory:") if self.sqlite is None else Connection(self.sqlite)

    def _unpooled(self, engine: Engine) -> "UnpooledConnection":
        if self.sqlite is None:
            raise RuntimeError("no night has begun")
        return UnpooledConnection(engine, Connection(self.sqlite))


class UnpooledConnection(SqlConnection):
    """SQLAlchemy's, without its pool and its events: both together take as long as the statements of most transactions."""

    def __init__(self, engine: Engine, connection: Connection) -> None:
        lent: Any = connection
        super().__init__(engine, lent, _has_events=False)

    def _begin_impl(self, _transaction: object) -> None:
        connection: Any = self.connection
        statement = "BEGIN" if self.get_execution_options().get(READ_ONLY, False) else "BEGIN IMMEDIATE"
        try:
            connection.begin(statement)
        except sqlite3.Error as error:
            raise OperationalError(statement, None, error) from error


def _nothing(_raw: sqlite3.Connection) -> None:
    """No one listens."""


@cache
def empty_image() -> bytes:
    """A database with its tables and nothing in them."""
    database = empty_database()
    with database.engine.connect() as connection:
        raw: Any = connection.connection.driver_connection
        image: bytes = raw.serialize()
    database.close()
    return image


@cache
def _kind(statement: str) -> str:
    """Such as `INSERT INTO leases` or `SELECT FROM attempts`."""
    words = statement.split()
    verb = words[0].upper()
    if verb in ("SELECT", "DELETE") and "FROM" in words:
        return f"{verb} FROM {words[words.index('FROM') + 1].strip('(')}"
    return " ".join(words[: {"INSERT": 3, "UPDATE": 2}.get(verb, 1)])

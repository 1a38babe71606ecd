"""A database, SQLite or PostgreSQL, and the transactions on it.

`opening.py` opens it; the retry of a single statement is in `retrying.py`.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from coin_models.db.failures import explain, may_pass, shown_url
from coin_models.db.redacted_rows import redact_rows
from coin_models.db.retrying import READ_ONLY, RetryingConnection, database_backoff, retry_connections

T = TypeVar("T")

PATIENCE_SECONDS = 120.0
"""How long to wait for an unavailable server, without settings."""


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
        redact_rows()
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

"""A PostgreSQL connection that survives a restart or a failover of the server, for us and for Dagster's storage.

Transactions that are repeated from their start are in engine.py.

Connecting is retried. So is a statement whose connection broke, or whose server was read-only, where nothing else of
its transaction is lost with it: each statement of a transaction that only reads (READ COMMITTED promises nothing from
one statement to the next), the first of one that writes, and each that commits by itself. Dagster works in the last
way. If such a statement has arrived although its answer has not, it is executed twice: one more log row, instead of a
failed run.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.engine import RootTransaction
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from coin_models.db.failures import READ_ONLY_ADVICE, READ_ONLY_STATE, explain, may_pass, shown_url
from coin_models.errors import DatabaseError, DatabaseUnavailable
from coin_models.retrying import Backoff

_READ_ONLY_SIGNS = ("default_transaction_read_only", "in_hot_standby")
_OUTAGES = "coin_models_outages"
READ_ONLY = "read_only"
"""Execution option of our own transactions; Dagster's connections have none and commit each statement."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Outages:
    """Two, since a server that can be connected to may still be read-only."""

    connecting: Backoff
    working: Backoff


def database_backoff(seconds: float, sleep: Callable[[float], None] = time.sleep) -> Backoff:
    """How long to wait for an unavailable database."""
    return Backoff(seconds, service="the database", sleep=sleep)


def retry_connections(engine: Engine, seconds: float, *, sleep: Callable[[float], None] = time.sleep) -> None:
    """Makes every new connection of a PostgreSQL engine a `RetryingConnection`."""
    outages = _Outages(database_backoff(seconds, sleep), database_backoff(seconds, sleep))
    engine.update_execution_options(**{_OUTAGES: outages})
    engine._connection_cls = RetryingConnection


def read_only_signs(connection: Any) -> set[str | None]:
    """What a psycopg2 connection was told by its server, without a question: `off` alone where it can be written."""
    return {connection.info.parameter_status(name) for name in _READ_ONLY_SIGNS}


class RetryingConnection(Connection):
    """Waits for an unavailable or read-only server, where that loses nothing."""

    def __init__(self, engine: Engine, *arguments: Any, **options: Any) -> None:
        """Connects.

        Raises:
            DatabaseUnavailable: not within the patience.
            DatabaseError: waiting cannot help. Neither is the driver's: Dagster would try again, whatever it says.
        """
        self._has_worked = False
        self._begun: RootTransaction | None = None

        def connect() -> None:
            try:
                super(RetryingConnection, self).__init__(engine, *arguments, **options)
            except (DBAPIError, PoolTimeout) as error:
                raise explain(error, engine.url) from error

        engine.get_execution_options()[_OUTAGES].connecting.run(connect)

    def begin(self) -> RootTransaction:
        """As the parent's."""
        self._has_worked = False
        self._begun = super().begin()
        return self._begun

    def begin_writing(self) -> None:
        """Begins a transaction on a server that can be written.

        Since version 14 the server says so by itself with each answer; what a pooler in between has kept of that is asked again.

        Raises:
            DatabaseUnavailable: it is read-only, or away, for longer than the patience.
        """

        def attempt() -> None:
            try:
                self.begin()
                if read_only_signs(self.connection.driver_connection) == {"off"}:
                    return
                is_read_only = (
                    super(RetryingConnection, self).exec_driver_sql("SHOW transaction_read_only").scalar() == "on"
                )
            except DBAPIError as error:
                raise self._explained(error) from error
            if is_read_only:
                self._renew()
                raise DatabaseUnavailable(
                    f"database {shown_url(self.engine.url)}: the server is read-only (SQLSTATE 25006); {READ_ONLY_ADVICE}"
                )

        self._outages.working.run(attempt)

    def _rollback_impl(self) -> None:
        """As the parent's; a server that has ended the connection has rolled back by itself."""
        try:
            super()._rollback_impl()
        except DBAPIError as error:
            if not error.connection_invalidated:
                raise

    def execute(self, statement: Any, *arguments: Any, **options: Any) -> Any:
        """As the parent's."""
        return self._sent(lambda: super(RetryingConnection, self).execute(statement, *arguments, **options))

    def scalar(self, statement: Any, *arguments: Any, **options: Any) -> Any:
        """As the parent's."""
        return self._sent(lambda: super(RetryingConnection, self).scalar(statement, *arguments, **options))

    def exec_driver_sql(self, statement: str, *arguments: Any, **options: Any) -> Any:
        """As the parent's."""
        return self._sent(lambda: super(RetryingConnection, self).exec_driver_sql(statement, *arguments, **options))

    def _sent(self, send: Callable[[], T]) -> T:
        if not self._may_repeat():
            return send()

        def attempt() -> T:
            try:
                return send()
            except DBAPIError as error:
                if may_pass(error):
                    raise self._explained(error) from error
                raise

        result: T = self._outages.working.run(attempt)
        self._has_worked = True
        return result

    @property
    def _outages(self) -> _Outages:
        outages: _Outages = self.get_execution_options()[_OUTAGES]
        return outages

    def _explained(self, error: DBAPIError) -> DatabaseError:
        """The error as ours; the next statement starts again, on another connection if this one is broken."""
        if getattr(error.orig, "pgcode", None) == READ_ONLY_STATE:
            self._renew()
        else:
            self.rollback()
        return explain(error, self.engine.url)

    def _renew(self) -> None:
        """A session that began while the server was read-only may stay so for good."""
        self.rollback()
        self.invalidate()

    def _may_repeat(self) -> bool:
        options = self.get_execution_options()
        if self.in_nested_transaction():
            return False
        if READ_ONLY in options:
            return bool(options[READ_ONLY]) or not self._has_worked
        is_in_block = self._begun is not None and self._begun.is_active
        return not is_in_block and options.get("isolation_level", "AUTOCOMMIT") == "AUTOCOMMIT"

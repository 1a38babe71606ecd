"""The clock that leases, sessions and attempts are written by, as an expression of the statement that uses it.

Machines that share a PostgreSQL all use the server's clock, whatever their own say: by its own clock, a machine that is
a minute ahead would call every healthy session dead. SQLite has one machine, and that machine's clock.
"""

from datetime import datetime, timedelta
from typing import Protocol

from sqlalchemy import ColumnElement, DateTime, Interval, func, literal, type_coerce

from coin_models.clock import Clock
from coin_models.db.engine import Database
from coin_models.db.types import UtcDateTime

_NOTHING = timedelta()


class DatabaseClock(Protocol):
    """Tells the time to statements."""

    def now(self, later: timedelta = _NOTHING) -> ColumnElement[datetime]:
        """The time at which the statement is executed, and so much later, or earlier where it is negative."""
        ...


class ServerClock:
    """PostgreSQL's: the time of the instant, not that at which the transaction began, which may have waited for a lock."""

    def now(self, later: timedelta = _NOTHING) -> ColumnElement[datetime]:
        """As the protocol's."""
        now = func.clock_timestamp(type_=DateTime(timezone=True))
        return type_coerce(now + literal(later, Interval()), UtcDateTime())


class MachineClock:
    """A clock of this process; also the double of the server's, where a test moves the time."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def now(self, later: timedelta = _NOTHING) -> ColumnElement[datetime]:
        """As the protocol's."""
        return literal(self._clock.now() + later, UtcDateTime())


def database_clock(database: Database, clock: Clock) -> DatabaseClock:
    """The server's clock where there is a server, else `clock`."""
    return ServerClock() if database.engine.dialect.name == "postgresql" else MachineClock(clock)

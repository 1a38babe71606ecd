"""Sessions, leases and attempts over one database and one clock, as several workers share them."""

from collections.abc import Sequence
from datetime import date, timedelta

from sqlalchemy import select

from coin_models.clock import FixedClock
from coin_models.db.database_clock import MachineClock, database_clock
from coin_models.db.engine import Database
from coin_models.db.schema import leases
from coin_models.operations.attempts import AttemptLog
from coin_models.operations.leases import LeaseBook
from coin_models.operations.reaper import IsGone, ReapedSessions, reap_sessions
from coin_models.operations.sessions import SessionLog
from coin_models.settings.costs import CostSettings
from coin_models.settings.operations import OperationsSettings

DAY = date(2026, 3, 10)
LEASE_SECONDS = 30.0


class Books:
    def __init__(self, database: Database, clock: FixedClock, *, by_server: bool = False) -> None:
        self.database, self.clock = database, clock
        # Where a test moves the time, this clock stands for the server's too.
        time = database_clock(database, clock) if by_server else MachineClock(clock)
        self.sessions = SessionLog(database, time)
        self.attempts = AttemptLog(database, time)
        self.leases = LeaseBook(database, time, lease_seconds=LEASE_SECONDS)

    def open_session(self) -> str:
        return self.sessions.open(CostSettings(), code_version="0" * 64).session_id

    def wait(self, seconds: float) -> None:
        self.clock.advance(timedelta(seconds=seconds))

    def holders(self, names: Sequence[str]) -> dict[str, str]:
        """Session that holds each of the leases now; free ones are left out."""
        query = select(leases.c.name, leases.c.session_id, leases.c.expires_at).where(leases.c.name.in_(names))
        with self.database.read() as connection:
            return {row.name: row.session_id for row in connection.execute(query) if row.expires_at > self.clock.now()}

    def reap(
        self, is_gone: IsGone = lambda process: False, *, here: str | None = None, lease_seconds: float = LEASE_SECONDS
    ) -> ReapedSessions:
        operations = OperationsSettings(lease_seconds=lease_seconds)
        books = (self.sessions, self.attempts, self.leases)
        return reap_sessions(*books, operations=operations, is_gone=is_gone, here=here)

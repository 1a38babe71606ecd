"""Sessions: the rows of training processes, each on one machine."""

import platform
import socket
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, insert, or_, select, update

from coin_models.db.database_clock import DatabaseClock
from coin_models.db.engine import Database
from coin_models.db.schema import sessions
from coin_models.operations.process import Process, this_process
from coin_models.settings.costs import CostSettings

INTERRUPTED = "interrupted"
FINISHED = "finished"
FAILED = "failed"
LOST = "lost"  # without notice: found by the reaper, closed at its last heartbeat


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """Who is training, and where."""

    session_id: str
    machine: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenSession:
    """A session that has not ended, as the reaper looks at it."""

    session_id: str
    process: Process
    heartbeat_at: datetime
    silent_for: timedelta  # since that heartbeat, by the database's clock


class SessionLog:
    """The table of sessions."""

    def __init__(self, database: Database, clock: DatabaseClock) -> None:
        self._database = database
        self._clock = clock

    def open(self, costs: CostSettings, *, code_version: str, age_seconds: float = 0.0) -> Session:
        """Begins a session of this process, `age_seconds` ago, at the price that the settings give."""
        session, process = Session(session_id=uuid.uuid4().hex, machine=socket.gethostname()), this_process()
        with self._database.begin() as connection:
            connection.execute(
                insert(sessions).values(
                    id=session.session_id,
                    machine=session.machine,
                    host=process.host,
                    process_id=process.process_id,
                    process_start_ticks=process.start_ticks,
                    provider=costs.provider,
                    market=costs.market,
                    gpu=costs.gpu or platform.machine(),
                    price_usd_per_hour=costs.price_usd_per_hour,
                    started_at=self._clock.now(timedelta(seconds=-age_seconds)),
                    heartbeat_at=self._clock.now(),
                    code_version=code_version,
                )
            )
        return session

    def heartbeat(self, session_id: str) -> bool:
        """Says that the session is alive, also where a reaper took it for dead; returns whether it had not been closed."""

        def work(connection: Connection) -> bool:
            mine, now = sessions.c.id == session_id, {"heartbeat_at": self._clock.now()}
            if connection.execute(update(sessions).where(mine, sessions.c.ended_at.is_(None)).values(now)).rowcount:
                return True
            revived = update(sessions).where(mine, sessions.c.end_reason == LOST)
            connection.execute(revived.values(now | {"ended_at": None, "end_reason": None}))
            return False

        return self._database.transact(work)

    def note_arithmetic(self, session_id: str, arithmetic: str) -> None:
        """Says under which arithmetic the session fits (training/arithmetic.py)."""
        with self._database.begin() as connection:
            connection.execute(update(sessions).where(sessions.c.id == session_id).values(arithmetic=arithmetic))

    def close(self, session_id: str, reason: str, *, grace_used_seconds: float | None = None) -> None:
        """Ends the session; a session that has ended stays as it ended, unless a reaper took it for dead."""
        is_open = or_(sessions.c.ended_at.is_(None), sessions.c.end_reason == LOST)
        with self._database.begin() as connection:
            connection.execute(
                update(sessions)
                .where(sessions.c.id == session_id, is_open)
                .values(ended_at=self._clock.now(), end_reason=reason, grace_used_seconds=grace_used_seconds)
            )

    def end_reason(self, session_id: str) -> str | None:
        """How the session ended; None: it has not, or there is none of that id."""
        with self._database.read() as connection:
            return connection.execute(select(sessions.c.end_reason).where(sessions.c.id == session_id)).scalar()

    def open_sessions(self) -> list[OpenSession]:
        """Sessions that have not ended, oldest first."""
        columns = (
            sessions.c.id,
            sessions.c.host,
            sessions.c.process_id,
            sessions.c.process_start_ticks,
            sessions.c.heartbeat_at,
            self._clock.now().label("now"),
        )
        query = select(*columns).where(sessions.c.ended_at.is_(None)).order_by(sessions.c.started_at)
        with self._database.read() as connection:
            return [
                OpenSession(
                    session_id=row.id,
                    process=Process(host=row.host, process_id=row.process_id, start_ticks=row.process_start_ticks),
                    heartbeat_at=row.heartbeat_at,
                    silent_for=row.now - row.heartbeat_at,
                )
                for row in connection.execute(query)
            ]

    def close_lost(self, dead: Sequence[OpenSession]) -> list[str]:
        """Closes sessions that died without notice, at their last heartbeat; returns those without a newer one."""

        def work(connection: Connection) -> list[str]:
            return [
                session.session_id
                for session in sorted(dead, key=lambda each: each.session_id)  # locked in the order of leases.expire
                if connection.execute(
                    update(sessions)
                    .where(sessions.c.id == session.session_id, sessions.c.ended_at.is_(None))
                    .where(sessions.c.heartbeat_at == session.heartbeat_at)
                    .values(ended_at=sessions.c.heartbeat_at, end_reason=LOST)
                ).rowcount
            ]

        return self._database.transact(work)

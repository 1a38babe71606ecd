"""Sessions: the rows of training processes, each on one machine."""

import os
import platform
import socket
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import insert, select, update

from coin_models.clock import Clock
from coin_models.db.engine import Database
from coin_models.db.schema import sessions
from coin_models.operations.process import this_host
from coin_models.settings.costs import CostSettings

INTERRUPTED = "interrupted"
FINISHED = "finished"
FAILED = "failed"
LOST = "lost"  # without notice: found by the reaper, closed at its last heartbeat


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """Who is training, where and since when."""

    session_id: str
    machine: str
    started_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenSession:
    """A session that has not ended, as the reaper looks at it."""

    session_id: str
    host: str
    process_id: int
    started_at: datetime
    heartbeat_at: datetime


class SessionLog:
    """The table of sessions."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def open(self, costs: CostSettings, *, code_version: str, age_seconds: float = 0.0) -> Session:
        """Begins a session of this process, `age_seconds` ago, at the price that the settings give."""
        now = self._clock.now()
        session = Session(
            session_id=uuid.uuid4().hex,
            machine=socket.gethostname(),
            started_at=now - timedelta(seconds=age_seconds),
        )
        with self._database.begin() as connection:
            connection.execute(
                insert(sessions).values(
                    id=session.session_id,
                    machine=session.machine,
                    host=this_host(),
                    process_id=os.getpid(),
                    provider=costs.provider,
                    market=costs.market,
                    gpu=costs.gpu or platform.machine(),
                    price_usd_per_hour=costs.price_usd_per_hour,
                    started_at=session.started_at,
                    heartbeat_at=now,
                    code_version=code_version,
                )
            )
        return session

    def heartbeat(self, session_id: str) -> bool:
        """Says that the session is alive; returns whether it still counts as such: a reaper may have closed it."""
        with self._database.begin() as connection:
            result = connection.execute(
                update(sessions)
                .where(sessions.c.id == session_id, sessions.c.ended_at.is_(None))
                .values(heartbeat_at=self._clock.now())
            )
            return result.rowcount == 1

    def note_arithmetic(self, session_id: str, arithmetic: str) -> None:
        """Says under which arithmetic the session fits (training/arithmetic.py)."""
        with self._database.begin() as connection:
            connection.execute(update(sessions).where(sessions.c.id == session_id).values(arithmetic=arithmetic))

    def close(self, session_id: str, reason: str, *, grace_used_seconds: float | None = None) -> None:
        """Ends the session; a session that has ended stays as it ended."""
        with self._database.begin() as connection:
            connection.execute(
                update(sessions)
                .where(sessions.c.id == session_id, sessions.c.ended_at.is_(None))
                .values(ended_at=self._clock.now(), end_reason=reason, grace_used_seconds=grace_used_seconds)
            )

    def open_sessions(self) -> list[OpenSession]:
        """Sessions that have not ended, oldest first."""
        columns = (
            sessions.c.id,
            sessions.c.host,
            sessions.c.process_id,
            sessions.c.started_at,
            sessions.c.heartbeat_at,
        )
        query = select(*columns).where(sessions.c.ended_at.is_(None)).order_by(sessions.c.started_at)
        with self._database.read() as connection:
            return [
                OpenSession(
                    session_id=row.id,
                    host=row.host,
                    process_id=row.process_id,
                    started_at=row.started_at,
                    heartbeat_at=row.heartbeat_at,
                )
                for row in connection.execute(query)
            ]

    def close_lost(self, session_ids: Sequence[str]) -> None:
        """Closes sessions that died without notice, at their last heartbeat."""
        with self._database.begin() as connection:
            for session_id in session_ids:
                connection.execute(
                    update(sessions)
                    .where(sessions.c.id == session_id, sessions.c.ended_at.is_(None))
                    .values(ended_at=sessions.c.heartbeat_at, end_reason=LOST)
                )

"""Sessions: the life of one training process on one machine.

Belongs here: opening, renewing and closing the row, and what this machine is called. Not here: what a session costs
(planning), which coins it holds (leases).
"""

import os
import platform
import socket
import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select, update

from coin_models.clock import Clock
from coin_models.db.engine import Database
from coin_models.db.schema import sessions
from coin_models.settings.costs import CostSettings

INTERRUPTED = "interrupted"
FINISHED = "finished"
FAILED = "failed"
LOST = "lost"  # without a word: found by the reaper, closed at its last heartbeat


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """Who is training, where and since when."""

    session_id: str
    machine: str
    started_at: datetime


class SessionLog:
    """The table of sessions."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def open(self, costs: CostSettings, *, code_version: str) -> Session:
        """Begins a session of this process, at the price that the settings give."""
        session = Session(session_id=uuid.uuid4().hex, machine=socket.gethostname(), started_at=self._clock.now())
        with self._database.begin() as connection:
            connection.execute(
                insert(sessions).values(
                    id=session.session_id,
                    machine=session.machine,
                    host=session.machine,
                    process_id=os.getpid(),
                    provider=costs.provider,
                    market=costs.market,
                    gpu=costs.gpu or platform.machine(),
                    price_usd_per_hour=costs.price_usd_per_hour,
                    started_at=session.started_at,
                    heartbeat_at=session.started_at,
                    code_version=code_version,
                )
            )
        return session

    def heartbeat(self, session_id: str) -> None:
        """Says that the session is alive."""
        with self._database.begin() as connection:
            connection.execute(
                update(sessions).where(sessions.c.id == session_id).values(heartbeat_at=self._clock.now())
            )

    def close(self, session_id: str, reason: str, *, grace_used_seconds: float | None = None) -> None:
        """Ends the session; a session that has ended stays as it ended."""
        with self._database.begin() as connection:
            connection.execute(
                update(sessions)
                .where(sessions.c.id == session_id, sessions.c.ended_at.is_(None))
                .values(ended_at=self._clock.now(), end_reason=reason, grace_used_seconds=grace_used_seconds)
            )

    def close_dead(self, silent_since: datetime) -> list[str]:
        """Closes sessions without a heartbeat since then, at their last heartbeat; returns their ids."""
        dead = sessions.c.ended_at.is_(None) & (sessions.c.heartbeat_at < silent_since)
        with self._database.begin() as connection:
            found = list(connection.execute(select(sessions.c.id).where(dead)).scalars())
            connection.execute(update(sessions).where(dead).values(ended_at=sessions.c.heartbeat_at, end_reason=LOST))
        return found

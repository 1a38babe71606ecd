"""The reaper: closes dead sessions, ends their leases and marks their attempts as interrupted.

Dagster's runs are handled in defs/sensors/reaping.py.

A session is dead when its heartbeat is older than a lease's duration by the database's clock, or at once when its
process ran on this machine and has ended. The reaper may itself be killed after any step: the next reaper continues
from there. A session that was only suspended loses what it was at, and revives itself at its next heartbeat.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from coin_models.operations.attempts import Attempt, AttemptLog
from coin_models.operations.leases import LeaseBook
from coin_models.operations.process import Process, is_gone
from coin_models.operations.sessions import SessionLog

logger = logging.getLogger(__name__)

IsGone = Callable[[Process], bool]
"""See process.py."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReapedSessions:
    """What was found dead."""

    session_ids: tuple[str, ...] = ()
    attempts: tuple[Attempt, ...] = ()  # as they were: running


def reap_sessions(
    sessions: SessionLog,
    attempts: AttemptLog,
    leases: LeaseBook,
    *,
    lease_seconds: float,
    is_gone: IsGone = is_gone,
) -> ReapedSessions:
    """Closes dead sessions at their last heartbeat, ends their leases, marks their running attempts interrupted."""
    patience = timedelta(seconds=lease_seconds)
    lost = [
        session for session in sessions.open_sessions() if session.silent_for > patience or is_gone(session.process)
    ]
    last_heard = {session.session_id: session.heartbeat_at for session in lost}
    leases.expire(list(last_heard), last_heard=last_heard)
    dead = sessions.close_lost(lost)
    closed: list[Attempt] = []
    for session_id, ended_at in attempts.sessions_left_running().items():
        reason = f"session {session_id[:8]} ended without notice; last heartbeat at {ended_at:%Y-%m-%d %H:%M:%S} UTC"
        closed += attempts.close_running([session_id], ended_at=ended_at, reason=reason)
    if dead or closed:
        logger.info("reaped", extra={"sessions": dead, "attempts": len(closed)})
    return ReapedSessions(session_ids=tuple(dead), attempts=tuple(closed))

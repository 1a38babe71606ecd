"""The reaper: closes dead sessions, ends their leases and marks their attempts as interrupted.

Dagster's runs are handled in defs/sensors/reaping.py.

A session is dead when its heartbeat is older than a lease's duration by the database's clock; at once when its process
ran on this machine and has ended; and on another machine after six heartbeats that the database, which answered the
reaper all that time, did not hear: then it is not an outage of the database that keeps it silent. The reaper may itself
be killed after any step: the next reaper continues from there. A session that was only suspended loses what it was at,
and revives itself at its next heartbeat.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from coin_models.operations.attempts import Attempt, AttemptLog
from coin_models.operations.leases import WATCH, LeaseBook
from coin_models.operations.process import Process, is_gone, this_host
from coin_models.operations.sessions import OpenSession, SessionLog
from coin_models.settings.operations import OperationsSettings

logger = logging.getLogger(__name__)

IsGone = Callable[[Process], bool]
"""See process.py."""

REAPER: Final = "reaper"
"""In place of a session, for turns that the reaper takes."""

_BEATS_MISSED = 6
_BRIEF = timedelta(seconds=30)  # shorter silences are of a busy machine


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
    operations: OperationsSettings,
    is_gone: IsGone = is_gone,
    here: str | None = None,
) -> ReapedSessions:
    """Closes dead sessions at their last heartbeat, ends their leases, marks their running attempts interrupted.

    Args:
        sessions, attempts, leases: the books.
        operations: how long a silence may last.
        is_gone: whether a process has certainly ended.
        here: the machine that looks; None: this one.
    """
    is_silent = _silence(leases, operations, here or this_host())
    lost = [session for session in sessions.open_sessions() if is_silent(session) or is_gone(session.process)]
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


def _silence(leases: LeaseBook, operations: OperationsSettings, here: str) -> Callable[[OpenSession], bool]:
    """Whether a session has been silent for too long."""
    patience = timedelta(seconds=operations.lease_seconds)
    brief = min(patience, max(_BRIEF, _BEATS_MISSED * timedelta(seconds=operations.heartbeat_seconds)))
    watched = leases.watched_for(WATCH, REAPER, most_between=2 * timedelta(seconds=operations.reaper_seconds))

    def is_silent(session: OpenSession) -> bool:
        is_elsewhere = session.process.host != here  # of a process on this machine the kernel tells
        return session.silent_for > patience or (is_elsewhere and min(session.silent_for, watched) > brief)

    return is_silent

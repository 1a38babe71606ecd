"""Finds interruptions and resumes in the tables, since a dying machine has no time to report them."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, select

from coin_models.db.engine import Database
from coin_models.db.schema import attempts, sessions
from coin_models.reporting.notifications.messages import Message, interrupted, resumed

_LOST, _INTERRUPTED = "lost", "interrupted"


def interruptions(database: Database, since: datetime, *, grace_seconds: float) -> list[Message]:
    """A message for each session that was interrupted since then, oldest first."""
    taken = (
        select(sessions)
        .where(sessions.c.ended_at >= since, sessions.c.end_reason.in_((_LOST, _INTERRUPTED)))
        .order_by(sessions.c.ended_at, sessions.c.id)
    )
    with database.read() as connection:
        rows = connection.execute(taken).all()
    return [
        interrupted(row.id, machine=row.machine, saved=_saved(row, grace_seconds), when=_when(row.ended_at))
        for row in rows
    ]


def resumes(database: Database, since: datetime) -> list[Message]:
    """A message for each session and trading day that has been resumed since then, oldest first."""
    query = (
        select(attempts.c.session_id, attempts.c.day, attempts.c.coin, attempts.c.ended_at, sessions.c.machine)
        .join(sessions, sessions.c.id == attempts.c.session_id)
        .where(attempts.c.action == "resumed", attempts.c.outcome == "done", attempts.c.ended_at >= since)
        .order_by(attempts.c.id)
    )
    grouped: dict[tuple[str, date], list[Any]] = {}
    with database.read() as connection:
        for row in connection.execute(query):
            grouped.setdefault((row.session_id, row.day), []).append(row)
    return [
        resumed(
            session_id, machine=rows[0].machine, coins=[row.coin for row in rows], day=day, when=_when(rows[0].ended_at)
        )
        for (session_id, day), rows in grouped.items()
    ]


def _saved(row: Row[Any], grace_seconds: float) -> str:
    if row.end_reason == _LOST:
        return "without notice; its last checkpoint is kept"
    if row.grace_used_seconds is None:
        return "between two fits; finished work is kept"
    return f"saved in {row.grace_used_seconds:.1f} of {grace_seconds:.1f} s"


def _when(moment: datetime) -> str:
    return f"{moment:%m-%d %H:%M} UTC:"

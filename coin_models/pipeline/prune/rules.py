"""Which rows are old: of a trading day before the first kept one, and made before it too.

The second condition keeps what a backfill of old days made yesterday. One rule a table, read by the count and by the removal.
Model versions are in versions.py, objects in removals.py, Dagster's own tables in defs/instance/prune_events.py.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Table, exists, func, select

from coin_models.db.schema import (
    DECIDED_BY_POLICY,
    attempts,
    champion_decisions,
    derived_days,
    outbox,
    requests,
    sessions,
)
from coin_models.db.trading_schema import forecast_days, patterns, shadow_days, shadow_trades
from coin_models.settings.retention import RetentionSettings

_CHANGES_NOTHING: Final = ("hold", "none")
"""Decisions that leave the champion as it was; the newest of a coin says who it is, and stays."""


@dataclass(frozen=True, slots=True)
class Cutoff:
    """What is kept whole begins here."""

    day: date  # the first trading day that is kept
    made_at: datetime

    @classmethod
    def of(cls, retention: RetentionSettings, now: datetime) -> "Cutoff":
        """As of now."""
        made_at = now - timedelta(days=retention.days)
        return cls(day=made_at.date(), made_at=made_at)


@dataclass(frozen=True, slots=True)
class RowRule:
    """The old rows of a table."""

    what: str  # for people
    table: Table
    column: str  # by whose values they are removed, a transaction each: never a whole table in one
    is_old: Callable[[Cutoff], ColumnElement[bool]]


def _of_day(table: Table, made_at: str) -> Callable[[Cutoff], ColumnElement[bool]]:
    return lambda cutoff: (table.c.day < cutoff.day) & (table.c[made_at] < cutoff.made_at)


def _old_trades(cutoff: Cutoff) -> ColumnElement[bool]:
    """As their day's row, which says when it was computed."""
    days, trades = shadow_days.c, shadow_trades.c
    same = (days.coin == trades.coin) & (days.day == trades.day) & (days.role == trades.role)
    return (trades.day < cutoff.day) & ~exists().where(same, days.computed_at >= cutoff.made_at)


def _old_attempts(cutoff: Cutoff) -> ColumnElement[bool]:
    return (attempts.c.day < cutoff.day) & (attempts.c.ended_at < cutoff.made_at)


def _old_sessions(cutoff: Cutoff) -> ColumnElement[bool]:
    attempt, made_at = attempts.c, cutoff.made_at
    stays = (attempt.day >= cutoff.day) | attempt.ended_at.is_(None) | (attempt.ended_at >= made_at)
    return (sessions.c.ended_at < made_at) & ~exists().where(attempt.session_id == sessions.c.id, stays)


def _settled_messages(cutoff: Cutoff) -> ColumnElement[bool]:
    is_settled = outbox.c.delivered_at.is_not(None) | outbox.c.given_up_at.is_not(None)
    return is_settled & (outbox.c.created_at < cutoff.made_at)


def _old_requests(cutoff: Cutoff) -> ColumnElement[bool]:
    return (requests.c.last_day < cutoff.day) & (requests.c.asked_at < cutoff.made_at)


def _repeated_decisions(cutoff: Cutoff) -> ColumnElement[bool]:
    decision: Any = champion_decisions.c
    other = champion_decisions.alias()
    newest = select(func.max(other.c.day)).where(other.c.coin == decision.coin).scalar_subquery()
    changes_nothing = decision.decision.in_(_CHANGES_NOTHING) & (decision.decided_by == DECIDED_BY_POLICY)
    is_old = (decision.day < cutoff.day) & (decision.decided_at < cutoff.made_at)
    repeated: ColumnElement[bool] = is_old & changes_nothing & (decision.day < newest)
    return repeated


DECISIONS: Final = RowRule("champion decisions that changed nothing", champion_decisions, "day", _repeated_decisions)
FORECASTS: Final = RowRule("days of forecasts", forecast_days, "day", _of_day(forecast_days, "computed_at"))
RULES: Final = (
    FORECASTS,
    RowRule("shadow trades", shadow_trades, "day", _old_trades),
    RowRule("days of shadow trading", shadow_days, "day", _of_day(shadow_days, "computed_at")),
    RowRule("digests of derived days", derived_days, "day", _of_day(derived_days, "computed_at")),
    RowRule("patterns", patterns, "day", _of_day(patterns, "computed_at")),
    RowRule("attempts", attempts, "day", _old_attempts),
    RowRule("sessions", sessions, "id", _old_sessions),
    RowRule("messages", outbox, "id", _settled_messages),
    RowRule("requests", requests, "id", _old_requests),
    DECISIONS,
)
"""In the order of removal: what refers to a version goes before the versions."""

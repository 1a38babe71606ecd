"""Decides whether `retrain` may start one more cohort: the budget's cap and the latest safe moment for spot."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

import numpy as np

from coin_models.costs.interrupted_runs.switching import SafeMoment
from coin_models.costs.ledger.records import SPOT, SessionRecord


class Stop(StrEnum):
    """Why no further cohort is started."""

    BUDGET = "budget"
    HAND_OVER = "hand over to on-demand"


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """Whether to continue, and if not, why."""

    stop: Stop | None = None
    reason: str = ""


GO_ON = Admission()


def spent_usd(sessions: Iterable[SessionRecord], *, since: datetime, now: datetime) -> float:
    """What machines have cost within a stretch of time; a session that is open runs until its last heartbeat."""
    total = 0.0
    for session in sessions:
        begin, end = max(session.started_at, since), min(session.closed_at, now)
        total += max((end - begin).total_seconds(), 0.0) / 3600.0 * session.price_usd_per_hour
    return total


def within_budget(
    *, spent_usd: float, cohort_seconds: float, price_usd_per_hour: float, budget_usd: float | None
) -> Admission:
    """A cohort is started only if the day's budget holds what has been spent and what the cohort is expected to cost."""
    cohort_usd = cohort_seconds / 3600.0 * price_usd_per_hour
    if budget_usd is None or spent_usd + cohort_usd <= budget_usd:
        return GO_ON
    return Admission(
        stop=Stop.BUDGET,
        reason=(
            f"{spent_usd:.3f} of {budget_usd:.3f} USD are spent today and the next cohort would cost "
            f"{cohort_usd:.3f} USD: no further cohort starts; raise daily_budget_usd or wait for tomorrow"
        ),
    )


def still_safe_on_spot(
    *,
    market: str,
    now: datetime,
    deadline: datetime,
    remaining_seconds: float,
    startup_seconds: float,
    replacement_seconds: float,
    checkpoint_interval_seconds: float,
) -> Admission:
    """On a spot machine, stops when only an on-demand machine rented now is sure to be ready by the deadline.

    An interruption is noticed when the next spot machine runs, `replacement_seconds` later: a stop must come while there
    is still time for that. Once the deadline is out of reach for on-demand too, spot continues: nothing is left to save.
    """
    left = (deadline - now).total_seconds()
    if market != SPOT or remaining_seconds <= 0 or left < startup_seconds + remaining_seconds:
        return GO_ON
    # The machine is running: only the work since the last checkpoint is at risk, not another start-up.
    effective = left + startup_seconds - replacement_seconds
    rule = SafeMoment(startup=startup_seconds, segment=checkpoint_interval_seconds, deadline=effective)
    if not rule.has_passed(np.array([0.0]), np.array([remaining_seconds]))[0]:
        return GO_ON
    return Admission(
        stop=Stop.HAND_OVER,
        reason=(
            f"{timedelta(seconds=round(remaining_seconds))} of work are left and {timedelta(seconds=round(left))} until "
            f"{deadline.astimezone(UTC):%H:%M} UTC: an on-demand machine should take over now"
        ),
    )

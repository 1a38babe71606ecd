"""Coin-days as people see them: what the plan says, in words of what is there, and what was tried.

Belongs here: from plan and attempts to a state. Not here: what is to be done (pipeline/plan/), printing.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import repeat

import numpy as np

from coin_models.operations.attempts import Attempt, Outcome
from coin_models.pipeline.plan.action import Action
from coin_models.pipeline.plan.facts import CoinDay
from coin_models.pipeline.plan.gather import plan_now
from coin_models.pipeline.plan.plan import Plan, PlannedCoinDay
from coin_models.pipeline.services import Services


class State(StrEnum):
    """Where a coin-day stands."""

    DONE = "done"
    STALE = "stale"  # published, but made from other candles, settings or code; kept
    SKIPPED = "skipped"
    RUNNING = "running"
    WAITING = "waiting"  # for its next try, or for its parent
    UNAVAILABLE = "unavailable"  # a place failed: no attempt is used up
    FAILED = "failed"  # failed, may be tried again now
    INTERRUPTED = "interrupted"
    QUARANTINED = "quarantined"
    MISSING = "missing"


SETTLED = (State.DONE, State.STALE, State.SKIPPED, State.QUARANTINED)
"""States in which nothing more is to be done, as things are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CoinDayStatus:
    """A coin-day's state, with the reason a person wants to read."""

    state: State
    reason: str | None = None
    failures: int = 0


_SHARED = {
    Action.REUSE: CoinDayStatus(state=State.DONE),
    Action.STALE: CoinDayStatus(
        state=State.STALE,
        reason="made from other candles, settings or code; older than the resume window, so it is kept",
    ),
}
_TRIED = {
    Outcome.FAILED: State.FAILED,
    Outcome.UNAVAILABLE: State.UNAVAILABLE,
    Outcome.INTERRUPTED: State.INTERRUPTED,
}


def statuses_now(
    services: Services, days: Sequence[date], coins: Sequence[str], attempts: Iterable[Attempt] = ()
) -> dict[CoinDay, CoinDayStatus]:
    """The status of each of these coin-days; `attempts` are the newest ones, oldest first."""
    return statuses(plan_now(services, days, coins), attempts) if days else {}


def statuses(plan: Plan, attempts: Iterable[Attempt]) -> dict[CoinDay, CoinDayStatus]:
    """As `statuses_now`, from a plan."""
    tried: dict[CoinDay, list[Attempt]] = {}
    for attempt in attempts:
        tried.setdefault((attempt.coin, attempt.day), []).append(attempt)
    found: dict[CoinDay, CoinDayStatus] = {}
    for coin in plan.coins:
        keys = list(zip(repeat(coin), plan.days))
        actions = plan.actions(coin)
        found.update(zip(keys, map(_SHARED.get, actions.tolist()), strict=True))  # type: ignore[arg-type]
        for row in np.flatnonzero(~np.isin(actions, list(_SHARED))).tolist():
            found[keys[row]] = _status(plan[keys[row]], tried.get(keys[row], ()))
    return found


def _status(item: PlannedCoinDay, tried: Sequence[Attempt]) -> CoinDayStatus:
    failures = sum(attempt.outcome is Outcome.FAILED and not attempt.released for attempt in tried)
    return CoinDayStatus(state=_state(item, tried), reason=_reason(item, tried), failures=failures)


def _state(item: PlannedCoinDay, tried: Sequence[Attempt]) -> State:
    if item.action is Action.SKIP:
        return State.SKIPPED
    if item.action is Action.QUARANTINED:
        return State.QUARANTINED
    if item.action is Action.WAITING:
        return State.RUNNING if item.is_running else State.WAITING
    if item.action is Action.UNAVAILABLE and not item.is_due:
        return State.UNAVAILABLE
    last = _last(tried)
    return _TRIED.get(last.outcome, State.MISSING) if last is not None else State.MISSING


def _reason(item: PlannedCoinDay, tried: Sequence[Attempt]) -> str | None:
    last = _last(tried)
    if item.is_due and last is not None and last.outcome in _TRIED:
        return last.reason
    return None if item.is_running else item.reason


def _last(tried: Sequence[Attempt]) -> Attempt | None:
    last = tried[-1] if tried else None
    return None if last is None or last.released else last


def in_state(found: Mapping[CoinDay, CoinDayStatus], *states: State) -> dict[CoinDay, CoinDayStatus]:
    """The coin-days in one of these states."""
    return {key: status for key, status in found.items() if status.state in states}

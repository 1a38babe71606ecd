"""Coin-days as people see them: a state from the plan and the attempts."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

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
    QUEUED = "queued"  # a run that will try it waits for its turn
    WAITING = "waiting"  # for its next try, or for its parent
    UNAVAILABLE = "unavailable"  # a place failed: no attempt is used up
    FAILED = "failed"  # failed, may be tried again now
    INTERRUPTED = "interrupted"
    QUARANTINED = "quarantined"
    OUTDATED = "outdated"  # published, but made from other candles, settings or code; the next run makes it again
    MISSING = "missing"


SETTLED = (State.DONE, State.STALE, State.SKIPPED, State.QUARANTINED)
"""States in which nothing more is to be done, as things are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CoinDayStatus:
    """A coin-day's state, with the reason a person wants to read."""

    state: State
    reason: str | None = None
    failures: int = 0


_PLAIN = {
    Action.REUSE: State.DONE,
    Action.STALE: State.STALE,
    Action.SKIP: State.SKIPPED,
    Action.QUARANTINED: State.QUARANTINED,
}
"""Where the action alone says it."""
_SHARED = {
    State.DONE: CoinDayStatus(state=State.DONE),
    State.STALE: CoinDayStatus(
        state=State.STALE,
        reason="made from other candles, settings or code; older than the resume window, so it is kept",
    ),
}
_TRIED = {
    Outcome.FAILED: State.FAILED,
    Outcome.UNAVAILABLE: State.UNAVAILABLE,
    Outcome.INTERRUPTED: State.INTERRUPTED,
}
_STATES = tuple(State)
_MISSING = _STATES.index(State.MISSING)
_SHARED_BY_CODE = tuple(map(_SHARED.get, _STATES))
_CODES = np.array(
    [_STATES.index({**_PLAIN, Action.WAITING: State.WAITING}.get(action, State.MISSING)) for action in Action]
)
"""For each action the place of its state in `_STATES`, where nothing was tried and nothing holds it back."""


class CoinDayStatuses(Mapping[CoinDay, CoinDayStatus]):
    """The status of each coin-day of a plan, by coin and then by day.

    States are codes in arrays, and a status is made when it is requested: of years nearly everything is only counted, and
    half a million keys and values took a second to make.
    """

    def __init__(
        self, plan: Plan, attempts: Iterable[Attempt] = (), queued: Mapping[CoinDay, str] = MappingProxyType({})
    ) -> None:
        self.coins, self.days = plan.coins, plan.days
        self._plan = plan
        self._place = {day: place for place, day in enumerate(plan.days)}
        self._tried: dict[str, dict[date, list[Attempt]]] = {coin: {} for coin in plan.coins}
        for attempt in attempts:
            if attempt.coin in self._tried and attempt.day in self._place:
                self._tried[attempt.coin].setdefault(attempt.day, []).append(attempt)
        self._queued = {key: reason for key, reason in queued.items() if key[1] in self._place}
        self._codes = {coin: self._codes_of(coin) for coin in plan.coins}
        for coin, day in self._queued:
            if coin in self._codes and self.state(coin, day) not in (*SETTLED, State.RUNNING):
                self._codes[coin][self._place[day]] = _STATES.index(State.QUEUED)

    def __getitem__(self, key: CoinDay) -> CoinDayStatus:
        coin, day = key
        state = self.state(coin, day)
        if state in _SHARED:
            return _SHARED[state]
        status = _status(self._plan[key], state, self._tried[coin].get(day, ()))
        return replace(status, reason=self._queued[key]) if state is State.QUEUED else status

    def __iter__(self) -> Iterator[CoinDay]:
        return ((coin, day) for coin in self.coins for day in self.days)

    def __len__(self) -> int:
        return len(self.coins) * len(self.days)

    def state(self, coin: str, day: date) -> State:
        """The state alone, without working out its reason."""
        return _STATES[self._codes[coin].item(self._place[day])]

    def of_coin(self, coin: str) -> list[CoinDayStatus]:
        """The coin's status on each day; days whose state says everything share one object."""
        codes = self._codes[coin].tolist()
        return [_SHARED_BY_CODE[code] or self[coin, day] for code, day in zip(codes, self.days, strict=True)]

    def count(self, coin: str) -> dict[State, int]:
        """The coin's days in each state, states without one included."""
        numbers = np.bincount(self._codes[coin], minlength=len(_STATES)).tolist()
        return dict(zip(_STATES, numbers, strict=True))

    def days_in_state(self, coin: str, *states: State) -> list[date]:
        """The coin's days in one of these states, ascending."""
        is_chosen = np.array([state in states for state in _STATES])
        return [self.days[place] for place in np.flatnonzero(is_chosen[self._codes[coin]]).tolist()]

    def keys_in_state(self, *states: State) -> list[CoinDay]:
        """The coin-days in one of these states, by coin and then by day."""
        return [(coin, day) for coin in self.coins for day in self.days_in_state(coin, *states)]

    def _codes_of(self, coin: str) -> NDArray[np.intp]:
        """(T,) indices into the states, by what is planned; where something was tried, by that too."""
        codes, published = _CODES[self._plan.actions(coin)], self._plan.published(coin)
        for day in {*self._plan.held_days(coin), *self._tried[coin]}:
            state = _state(self._plan[coin, day], self._tried[coin].get(day, ()))
            codes[self._place[day]] = _STATES.index(state)
        codes[published & (codes == _MISSING)] = _STATES.index(State.OUTDATED)
        return codes


def statuses_now(
    services: Services,
    days: Sequence[date],
    coins: Sequence[str],
    attempts: Iterable[Attempt] = (),
    queued: Mapping[CoinDay, str] = MappingProxyType({}),
) -> CoinDayStatuses:
    """The status of each of these coin-days, of one day at least.

    Args:
        services: the parts.
        days: trading days.
        coins: whose.
        attempts: the newest ones, oldest first.
        queued: coin-days that a waiting run will try, with the sentence about it.
    """
    return CoinDayStatuses(plan_now(services, days, coins), attempts, queued)


def _status(item: PlannedCoinDay, state: State, tried: Sequence[Attempt]) -> CoinDayStatus:
    failures = sum(attempt.outcome is Outcome.FAILED and not attempt.released for attempt in tried)
    return CoinDayStatus(state=state, reason=_reason(item, tried), failures=failures)


def _state(item: PlannedCoinDay, tried: Sequence[Attempt]) -> State:
    if item.action in _PLAIN:
        return _PLAIN[item.action]
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

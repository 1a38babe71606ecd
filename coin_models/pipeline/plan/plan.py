"""The plan: what is to be done with each coin-day, and why. Pure: no clock, no database, no file.

What `retrain` does is the plan that `retrain --dry-run` prints; schedule, sensors, `status`, report and alarms ask the same.

Belongs here: the rules, in the order in which they are asked. Not here: facts (facts.py), what is wanted (wanted.py),
doing it (pipeline/train/).

| action | when |
|---|---|
| skip | a stated rule says that the coin is not trained on this day |
| reuse | the wanted version is published |
| stale | only other versions are published, and the day is older than the window in which those are made again: kept |
| quarantined | the wanted version was tried and failed as often as is allowed |
| unavailable | its candles, or a place that it needs, cannot be had now |
| waiting | another session is at it, its next try is not due, or its parent cannot be made now |
| train | anything else; its parent first, where that is missing |
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from coin_models.market.eligibility import Rule, explain
from coin_models.pipeline.plan.facts import CoinDay, Facts, Hold, HoldKind
from coin_models.pipeline.plan.wanted import Wanted, wanted_of
from coin_models.registry.published import NOTHING_PUBLISHED, PublishedVersions


class Action(IntEnum):
    """What is done with a coin-day."""

    TRAIN = 0
    REUSE = 1
    SKIP = 2
    STALE = 3
    UNAVAILABLE = 4
    WAITING = 5
    QUARANTINED = 6

    @property
    def word(self) -> str:
        """As JSON and tables say it."""
        return self.name.lower()


_HELD = {
    HoldKind.RUNNING: Action.WAITING,
    HoldKind.BACKOFF: Action.WAITING,
    HoldKind.UNAVAILABLE: Action.UNAVAILABLE,
    HoldKind.QUARANTINED: Action.QUARANTINED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedCoinDay:
    """What is done with one coin-day, and why."""

    coin: str
    day: date
    action: Action
    reason: str
    fingerprint: str | None  # of the wanted version; None where no version is wanted, or its candles are not known
    parent_day: date | None  # of the version that it starts from; None: a full retrain
    parent_fingerprint: str | None
    is_requested: bool = True  # False: only made because another coin-day starts from it
    is_due: bool = True  # False: nothing can be done about it now; of what is unavailable, the next look is not due
    is_running: bool = False  # another session fits it at this moment

    @property
    def key(self) -> CoinDay:
        """Coin and day."""
        return self.coin, self.day

    @property
    def is_due_now(self) -> bool:
        """Whether a run would do something about it now: fit it, or ask for its candles."""
        return self.action in (Action.TRAIN, Action.UNAVAILABLE) and self.is_due

    def to_json(self) -> dict[str, Any]:
        """As `coin-models retrain --dry-run --json` prints it."""
        return {
            "coin": self.coin,
            "day": self.day.isoformat(),
            "action": self.action.word,
            "reason": self.reason,
            "parent": self.parent_day.isoformat() if self.parent_day else None,
            "requested": self.is_requested,
        }


@dataclass(frozen=True, slots=True, eq=False)
class _CoinPlan:
    """One coin: rows are those of `wanted`."""

    wanted: Wanted
    action: NDArray[np.uint8]  # (T,)
    details: dict[int, str]  # reasons that cannot be derived from the rule and the action
    held: dict[int, HoldKind]
    ancestors: tuple[int, ...]  # rows that are trained although they were not asked for


class Plan:
    """What is done with every coin-day that was asked for, and with the parents that they need."""

    def __init__(self, facts: Facts, *, force: bool = False) -> None:
        self.coins, self.days = facts.coins, facts.days
        self.histories, self.recipe, self.problems = facts.histories, facts.recipe, facts.problems
        self._facts = facts
        self._ordinals = np.array([day.toordinal() for day in facts.days], dtype=np.int64)
        self._by_coin = (
            {coin: _plan_coin(facts, coin, self._ordinals, force=force) for coin in facts.coins} if facts.days else {}
        )

    def __getitem__(self, key: CoinDay) -> PlannedCoinDay:
        coin, day = key
        found = self._by_coin[coin]
        return self._planned(found, day.toordinal() - found.wanted.first_ordinal)

    def __iter__(self) -> Iterator[PlannedCoinDay]:
        """Every coin-day that was asked for, oldest day first, then in the order of the coins; parents are left out."""
        return (self[coin, day] for day in self.days for coin in self.coins)

    def actions(self, coin: str) -> NDArray[np.uint8]:
        """The action of each day that was asked for, in order; for tables of years."""
        found = self._by_coin[coin]
        return found.action[self._rows(found)]

    def ancestors(self) -> list[PlannedCoinDay]:
        """Coin-days that are trained although they were not asked for, because others start from them."""
        found = [self._planned(plan, row) for plan in self._by_coin.values() for row in plan.ancestors]
        return sorted(found, key=lambda item: (item.day, self.coins.index(item.coin)))

    def to_train(self) -> list[PlannedCoinDay]:
        """What is trained, parents included: oldest day first, then in the order of the coins."""
        asked = [
            self._planned(plan, int(row))
            for plan in self._by_coin.values()
            for row in self._rows(plan)[plan.action[self._rows(plan)] == Action.TRAIN]
        ]
        place = {coin: number for number, coin in enumerate(self.coins)}
        return sorted([*asked, *self.ancestors()], key=lambda item: (item.day, place[item.coin]))

    def counts(self) -> dict[Action, int]:
        """Coin-days by action; `train` counts parents too."""
        counted = Counter({Action.TRAIN: sum(len(plan.ancestors) for plan in self._by_coin.values())})
        for coin in self._by_coin:
            number = np.bincount(self.actions(coin), minlength=len(Action))
            counted.update({action: int(number[action]) for action in Action})
        return {action: counted[action] for action in Action}

    def is_settled(self, day: date) -> bool:
        """Whether nothing of the day can be made now or later without a change of facts: all there, skipped or given up."""
        settled = (Action.REUSE, Action.SKIP, Action.STALE, Action.QUARANTINED)
        return all(self[coin, day].action in settled for coin in self.coins)

    def _rows(self, plan: _CoinPlan) -> NDArray[np.int64]:
        return self._ordinals - plan.wanted.first_ordinal

    def _planned(self, plan: _CoinPlan, row: int) -> PlannedCoinDay:
        wanted, action = plan.wanted, Action(plan.action[row])
        is_version = wanted.rule[row] == Rule.ELIGIBLE
        parent = int(wanted.parent[row]) if is_version else -1
        is_ancestor = row in plan.ancestors
        return PlannedCoinDay(
            coin=wanted.coin,
            day=wanted.day(row),
            action=Action.TRAIN if is_ancestor else action,
            reason=self._reason(plan, row, action),
            is_due=is_ancestor or action is Action.TRAIN or (action is Action.UNAVAILABLE and row not in plan.held),
            is_running=plan.held.get(row) is HoldKind.RUNNING,
            fingerprint=wanted.fingerprint[row].tobytes().hex() if is_version else None,
            parent_day=wanted.day(parent) if parent >= 0 else None,
            parent_fingerprint=wanted.fingerprint[parent].tobytes().hex() if parent >= 0 else None,
            is_requested=not is_ancestor,
        )

    def _reason(self, plan: _CoinPlan, row: int, action: Action) -> str:
        wanted, facts = plan.wanted, self._facts
        if row in plan.details:
            return plan.details[row]
        if action is Action.SKIP:
            history, recipe = facts.histories[wanted.coin], facts.recipe
            days = recipe.num_candle_days
            found = explain(history, wanted.day(row), recipe.market, recipe.lookback_days, window_days=days)
            return found.reason or _PLAIN[action]
        return _PLAIN[action]


_PLAIN = {
    Action.TRAIN: "not published yet",
    Action.SKIP: "skipped",
    Action.REUSE: "up to date",
    Action.STALE: "made from other candles, settings or code; older than the window in which that is made again, so it is kept",
    Action.UNAVAILABLE: "its candles are not stored yet",
    Action.WAITING: "waiting",
    Action.QUARANTINED: "out of attempts",
}
_AGAIN = "the published version was made from other candles, settings or code"


def make_plan(facts: Facts, *, force: bool = False) -> Plan:
    """The plan for these facts; with `force` every version that is wanted and asked for is made again."""
    return Plan(facts, force=force)


def _plan_coin(facts: Facts, coin: str, ordinals: NDArray[np.int64], *, force: bool) -> _CoinPlan:
    wanted = wanted_of(coin, facts.histories[coin], facts.days[0], facts.days[-1], facts.recipe)
    present, other = _published(wanted, facts.published.get(coin, NOTHING_PUBLISHED))
    action = _settled(facts, wanted, present, other, force=force)
    plan = _CoinPlan(wanted, action, {}, {}, ())
    asked = ordinals - wanted.first_ordinal
    ancestors: set[int] = set()
    for row in asked[(action[asked] == Action.TRAIN) | (action[asked] == Action.UNAVAILABLE)].tolist():
        _resolve(facts, plan, row, present, other, ancestors, force=force)
    needed = [row for row in sorted(ancestors & set(asked.tolist())) if action[row] == Action.STALE]
    action[needed] = Action.TRAIN  # it would be kept, but another coin-day starts from it
    ancestors -= set(asked.tolist())
    return _CoinPlan(wanted, action, plan.details, plan.held, tuple(sorted(ancestors)))


def _published(wanted: Wanted, versions: PublishedVersions) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Per row: whether the wanted version is published, and whether any is."""
    present = np.zeros(len(wanted.rule), dtype=bool)
    anything = np.zeros(len(wanted.rule), dtype=bool)
    rows = versions.ordinal - wanted.first_ordinal
    inside = (rows >= 0) & (rows < len(present))
    rows, found = rows[inside], versions.fingerprint[inside]
    anything[rows] = True
    present[rows[(wanted.fingerprint[rows] == found).all(axis=1)]] = True
    return present & (wanted.rule == Rule.ELIGIBLE), anything


def _settled(
    facts: Facts, wanted: Wanted, present: NDArray[np.bool_], other: NDArray[np.bool_], *, force: bool
) -> NDArray[np.uint8]:
    """The actions as far as candles and published versions alone decide them."""
    action = np.full(len(wanted.rule), Action.TRAIN, dtype=np.uint8)
    again = len(action) if facts.again_from is None else facts.again_from.toordinal() - wanted.first_ordinal
    is_old = np.arange(len(action)) < again
    if not force:
        action[other & is_old] = Action.STALE
        action[present] = Action.REUSE
    is_unknown = (wanted.rule == Rule.NOT_STORED) | (wanted.rule == Rule.NOT_DELIVERED)
    action[is_unknown] = np.where(other[is_unknown] & is_old[is_unknown], Action.STALE, Action.UNAVAILABLE)
    action[(wanted.rule != Rule.ELIGIBLE) & ~is_unknown] = Action.SKIP
    return action


def _resolve(
    facts: Facts,
    plan: _CoinPlan,
    row: int,
    present: NDArray[np.bool_],
    other: NDArray[np.bool_],
    ancestors: set[int],
    *,
    force: bool,
) -> None:
    """Decides a coin-day that neither candles nor versions settle: by what was tried before, and by its parent."""
    wanted = plan.wanted
    if plan.action[row] == Action.UNAVAILABLE:
        _explain_unavailable(facts, plan, row)
        return
    hold = None if force else _hold(facts, wanted, row)
    if hold is not None:
        plan.action[row], plan.details[row], plan.held[row] = _HELD[hold.kind], hold.reason, hold.kind
        return
    if other[row] and not present[row]:
        plan.details[row] = _AGAIN
    parent = int(wanted.parent[row])
    if parent < 0 or present[parent]:
        return
    held = _hold(facts, wanted, parent)
    if held is not None:
        plan.action[row] = Action.UNAVAILABLE if held.kind is HoldKind.UNAVAILABLE else Action.WAITING
        plan.details[row] = f"its parent of {wanted.day(parent)} comes first: {held.reason}"
        plan.held[row] = held.kind
        return
    ancestors.add(parent)
    plan.details.setdefault(parent, f"{wanted.coin} {wanted.day(row)} starts from it")


def _explain_unavailable(facts: Facts, plan: _CoinPlan, row: int) -> None:
    """Candles that are not at hand: by the last look's words, else by what was tried."""
    wanted = plan.wanted
    problem = facts.problems.get(wanted.coin)
    for hold in facts.holds.get((wanted.coin, wanted.day(row)), ()):
        if hold.fingerprint is None and hold.kind is not HoldKind.RUNNING:
            plan.details[row], plan.held[row] = hold.reason, hold.kind
    if problem is not None:
        plan.details[row] = str(problem)
    elif wanted.rule[row] == Rule.NOT_DELIVERED:
        plan.details[row] = f"the source has not shown the end of {wanted.day(row)} yet; it is asked again"


def _hold(facts: Facts, wanted: Wanted, row: int) -> Hold | None:
    """What earlier tries say, where they tried what is wanted now."""
    holds = facts.holds.get((wanted.coin, wanted.day(row)), ())
    fingerprint = wanted.fingerprint[row].tobytes().hex() if holds else ""
    return next((hold for hold in holds if hold.holds(fingerprint)), None)

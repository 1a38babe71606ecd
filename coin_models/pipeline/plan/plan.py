"""The plan: the action for each coin-day, and the reason. Pure: no clock, no database, no file.

`retrain` does what `retrain --dry-run` prints; schedule, sensors, `status`, report and alarms use the same plan.

The rules are in coin_plan.py, the wanted versions in wanted.py.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from coin_models.market.eligibility import Rule, reason_of
from coin_models.pipeline.plan.action import Action
from coin_models.pipeline.plan.coin_plan import CoinPlan, HoldsByDay, plan_coin
from coin_models.pipeline.plan.facts import CoinDay, Facts, Hold, HoldKind

_ACTIONS = tuple(Action)
_ELIGIBLE = int(Rule.ELIGIBLE)  # comparing a number of numpy with a member of an enum takes microseconds


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
        """Whether a run would do something about it now: fit it, or request its candles."""
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


class Plan:
    """What is done with every coin-day that was requested, and with the parents that they need."""

    def __init__(self, facts: Facts, *, force: bool = False) -> None:
        self.coins, self.days = facts.coins, facts.days
        self.histories, self.recipe, self.problems = facts.histories, facts.recipe, facts.problems
        self._facts = facts
        self._ordinals = np.array([day.toordinal() for day in facts.days], dtype=np.int64)
        holds = _holds_by_coin(facts)
        self._by_coin = {
            coin: plan_coin(facts, coin, self._ordinals, holds.get(coin, {}), force=force)
            for coin in facts.coins
            if facts.days
        }

    def __getitem__(self, key: CoinDay) -> PlannedCoinDay:
        coin, day = key
        coin_plan = self._by_coin[coin]
        return self._planned(coin_plan, day.toordinal() - coin_plan.wanted.first_ordinal)

    def __iter__(self) -> Iterator[PlannedCoinDay]:
        """Every coin-day that was requested, oldest day first, then in the order of the coins; parents are left out."""
        return (self[coin, day] for day in self.days for coin in self.coins)

    def actions(self, coin: str) -> NDArray[np.uint8]:
        """The action of each day that was requested, in order; for tables of years."""
        coin_plan = self._by_coin[coin]
        return coin_plan.action[self._rows(coin_plan)]

    def published(self, coin: str) -> NDArray[np.bool_]:
        """For each day that was requested, in order: whether a version is published, the wanted one or another."""
        plan = self._by_coin[coin]
        return plan.is_published[self._rows(plan)]

    def held_days(self, coin: str) -> list[date]:
        """The days that were requested and are held back by what was tried, or by a parent's tries."""
        coin_plan = self._by_coin[coin]
        return [coin_plan.wanted.day(row) for row in coin_plan.held]

    def ancestors(self) -> list[PlannedCoinDay]:
        """Coin-days that are trained although they were not requested, because others start from them."""
        planned = [self._planned(plan, row) for plan in self._by_coin.values() for row in plan.ancestors]
        return sorted(planned, key=lambda item: (item.day, self.coins.index(item.coin)))

    def to_train(self) -> list[PlannedCoinDay]:
        """What is trained, parents included: oldest day first, then in the order of the coins."""
        asked = [
            self._planned(plan, int(row))
            for plan in self._by_coin.values()
            for row in self._rows(plan)[plan.action[self._rows(plan)] == Action.TRAIN.value]
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
        """Whether the day is complete unless facts change: all coin-days are published, skipped or quarantined."""
        settled = (Action.REUSE, Action.SKIP, Action.STALE, Action.QUARANTINED)
        return all(self[coin, day].action in settled for coin in self.coins)

    def _rows(self, plan: CoinPlan) -> NDArray[np.int64]:
        return self._ordinals - plan.wanted.first_ordinal

    def _planned(self, plan: CoinPlan, row: int) -> PlannedCoinDay:
        wanted, action = plan.wanted, _ACTIONS[plan.action[row]]
        is_version = wanted.rule.item(row) == _ELIGIBLE
        parent = wanted.parent.item(row) if is_version else -1
        is_ancestor = row in plan.ancestors
        return PlannedCoinDay(
            coin=wanted.coin,
            day=wanted.day(row),
            action=Action.TRAIN if is_ancestor else action,
            reason=plan.details[row] if row in plan.details else self._reason(plan, row, action),
            is_due=is_ancestor or action is Action.TRAIN or (action is Action.UNAVAILABLE and row not in plan.held),
            is_running=plan.held.get(row) is HoldKind.RUNNING,
            fingerprint=wanted.fingerprint[row].tobytes().hex() if is_version else None,
            parent_day=wanted.day(parent) if parent >= 0 else None,
            parent_fingerprint=wanted.fingerprint[parent].tobytes().hex() if parent >= 0 else None,
            is_requested=not is_ancestor,
        )

    def _reason(self, plan: CoinPlan, row: int, action: Action) -> str:
        if action is not Action.SKIP:
            return _PLAIN[action]
        wanted, recipe = plan.wanted, self.recipe
        rule = Rule(wanted.rule.item(row))
        history = self.histories[wanted.coin]
        reason = reason_of(rule, history, wanted.day(row), recipe.market, recipe.lookback_days) or _PLAIN[action]
        became = recipe.market.successor_table.get(wanted.coin) if rule is Rule.ENDED else None
        return reason if became is None else f"{reason}; {became}"


_PLAIN = {
    Action.TRAIN: "not published yet",
    Action.SKIP: "skipped",
    Action.REUSE: "up to date",
    Action.STALE: "made from other candles, settings or code; older than the window in which that is made again, so it is kept",
    Action.UNAVAILABLE: "its candles are not stored yet",
    Action.WAITING: "waiting",
    Action.QUARANTINED: "out of attempts",
}


def make_plan(facts: Facts, *, force: bool = False) -> Plan:
    """The plan for these facts; with `force` every version that is wanted and requested is made again."""
    return Plan(facts, force=force)


def _holds_by_coin(facts: Facts) -> dict[str, HoldsByDay]:
    by_coin: dict[str, dict[int, Sequence[Hold]]] = {}
    for (coin, day), holds in facts.holds.items():
        by_coin.setdefault(coin, {})[day.toordinal()] = holds
    return {**by_coin}

"""How much a plan is, phase by phase, for the estimate of what is left of a command."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Protocol

import numpy as np

from coin_models.pipeline.phases import Phase
from coin_models.pipeline.plan.action import Action
from coin_models.pipeline.plan.plan import Plan, PlannedCoinDay
from coin_models.settings.training import TrainingSettings


class Expecting(Protocol):
    """What is told how much there is to do."""

    def expect(self, phase: Phase, day: date | None, units: float) -> None:
        """Learns it of one phase of a day; None: of all days at once."""


def expect_work(line: Expecting, plan: Plan, training: TrainingSettings, days: Sequence[date]) -> None:
    """Tells the line what these days take: a coin each, and of models a coin's epoch.

    A parent of an earlier day is fitted on the first planned day after it.
    """
    epochs: Counter[date] = Counter()
    for item in (*plan.to_train(), *_without_candles(plan)):
        epochs[_day_of_work(plan, item)] += training.epochs if item.parent_day is None else training.incremental_epochs
    for day in days:
        for phase in (Phase.CANDLE_RECORDS, Phase.TRADES, Phase.PATTERNS, Phase.REPORT):
            line.expect(phase, day, len(plan.coins))
        line.expect(Phase.MODELS, day, epochs[day])


def _without_candles(plan: Plan) -> Iterator[PlannedCoinDay]:
    """What may be fitted once its candles are stored; in a new home everything."""
    for coin in plan.coins:
        for row in np.flatnonzero(plan.actions(coin) == Action.UNAVAILABLE.value):
            yield plan[coin, plan.days[row]]


def _day_of_work(plan: Plan, item: PlannedCoinDay) -> date:
    return plan.days[min(bisect_left(plan.days, item.day), len(plan.days) - 1)]

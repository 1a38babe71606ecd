"""Which coins of which days need a run, from the plan: to fit, to fetch, to record, or to trade again. Pure."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date

from coin_models.pipeline.derived.digests import DerivedKind
from coin_models.pipeline.derived.stale import StaleDay
from coin_models.pipeline.plan.action import Action
from coin_models.pipeline.plan.facts import CoinDay
from coin_models.pipeline.plan.plan import Plan

_PUBLISHED = (Action.REUSE, Action.STALE)


def work_of(plan: Plan, stale: Iterable[StaleDay], unrecorded: Collection[CoinDay]) -> dict[date, list[str]]:
    """The coins of each planned day that need a run.

    Args:
        plan: what is to be done about each model.
        stale: trades, patterns and reports that would be made otherwise now.
        unrecorded: coin-days whose model is published while Dagster has no event of it.
    """
    # What is unavailable is looked at once more in the run, which writes down why it failed, by coin or by place.
    named = {
        item.key
        for item in plan
        if item.action is Action.TRAIN
        or item.is_running
        or item.is_due_now
        or (item.action in _PUBLISHED and item.key in unrecorded)
    }
    named |= {(stale_day.coin, stale_day.day) for stale_day in stale if stale_day.kind is DerivedKind.TRADES}
    return {day: [coin for coin in plan.coins if (coin, day) in named] for day in plan.days}


def with_models(plan: Plan) -> set[CoinDay]:
    """The coin-days that have a model, or will have one after the run: trades, patterns and reports follow from them."""
    kinds = (*_PUBLISHED, Action.SKIP, Action.TRAIN)
    return {item.key for item in plan if item.action in kinds or item.is_running}


def stretches(work: Mapping[date, Sequence[str]], max_days: int) -> Iterator[tuple[list[date], list[str]]]:
    """Consecutive days that need a run, at most `max_days` together, with the coins of any of them."""
    days: list[date] = []
    coins: dict[str, None] = {}
    for day, of_day in work.items():
        if days and (not of_day or len(days) == max_days):
            yield days, list(coins)
            days, coins = [], {}
        if of_day:
            days.append(day)
            coins |= dict.fromkeys(of_day)
    if days:
        yield days, list(coins)

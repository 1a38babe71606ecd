"""The printed plan of a range equals what is done day by day, in 1,000 states.

COIN_MODELS_TESTS_STATES sets the number of states.
"""

import os
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date

from hypothesis import given, settings

from coin_models.operations.attempts import AttemptAction, Outcome
from coin_models.pipeline.plan.action import Action
from coin_models.pipeline.plan.facts import CoinDay, Facts
from coin_models.pipeline.plan.plan import Plan, PlannedCoinDay, make_plan
from coin_models.pipeline.run_summary import run_summary
from coin_models.pipeline.train.outcome import CoinOutcome, settled_by_plan
from coin_models.registry.published import PublishedVersions
from coin_models_tests.pipeline.plan.strategies import states

NUM_STATES = int(os.environ.get("COIN_MODELS_TESTS_STATES", "1000"))
Versions = dict[str, list[tuple[date, str]]]


def versions_of(state: Facts) -> Versions:
    return {
        coin: [
            (date.fromordinal(int(ordinal)), fingerprint.tobytes().hex())
            for ordinal, fingerprint in zip(versions.ordinal, versions.fingerprint, strict=True)
        ]
        for coin, versions in state.published.items()
    }


def walk(state: Facts) -> tuple[list[PlannedCoinDay], dict[CoinDay, PlannedCoinDay]]:
    """What `retrain` does: a plan for each day alone, oldest first. Returns what was fitted, and what was said of the rest."""
    there = versions_of(state)
    fitted: list[PlannedCoinDay] = []
    planned: dict[CoinDay, PlannedCoinDay] = {}
    for day in state.days:
        now: Mapping[str, PublishedVersions] = {
            coin: PublishedVersions.of(published) for coin, published in there.items()
        }
        plan = make_plan(replace(state, days=(day,), published=now))
        planned |= {item.key: item for item in plan}
        for item in plan.to_train():
            fitted.append(item)
            there.setdefault(item.coin, []).append((item.day, item.fingerprint or ""))
    return fitted, planned


def outcome_of(item: PlannedCoinDay) -> CoinOutcome:
    return CoinOutcome(coin=item.coin, day=item.day, outcome=Outcome.DONE, action=AttemptAction.TRAINED)


def outcomes_of(plan: Plan, fitted: Iterable[PlannedCoinDay]) -> dict[CoinDay, CoinOutcome]:
    """What a session that carried out the plan wrote down."""
    settled = {item.key: settled_by_plan(plan, item) for item in plan if item.action is not Action.TRAIN}
    return settled | {item.key: outcome_of(item) for item in fitted}


def summed(plan: Plan, outcomes: Mapping[CoinDay, CoinOutcome]) -> dict[Action, int]:
    """The counts of `retrain --json`, by the words of the plan."""
    days = [run_summary(plan, day, outcomes=outcomes).to_json() for day in plan.days]
    names = {Action.REUSE: "reused", Action.SKIP: "skipped"}
    counts = {action: sum(day[names.get(action, action.word)] for day in days) for action in Action if action.value}
    return {Action.TRAIN: sum(day["trained"] + day["parents"] for day in days), **counts}


@settings(max_examples=NUM_STATES)
@given(states())
def test_the_plan_of_a_range_is_what_a_walk_over_its_days_does(state: Facts) -> None:
    plan = make_plan(state)

    fitted, planned = walk(state)

    def name(item: PlannedCoinDay) -> tuple[CoinDay, str | None, str | None]:
        return item.key, item.fingerprint, item.parent_fingerprint

    assert sorted(name(item) for item in fitted) == sorted(name(item) for item in plan.to_train())
    for item in plan:
        if item.action is not Action.TRAIN:
            assert (planned[item.key].action, planned[item.key].reason) == (item.action, item.reason)
    assert summed(plan, outcomes_of(plan, fitted)) == plan.counts()

"""The summary of a retraining: words, counts and the exit code."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import pytest

from coin_models.operations.attempts import AttemptAction
from coin_models.pipeline.plan.plan import make_plan
from coin_models.pipeline.run_summary import CoinSummary, RunSummary, exit_code, later_failures, run_summary
from coin_models_tests.pipeline.plan.strategies import DAY, carried_out, facts, with_published


def of_states(states: Mapping[str, tuple[str, AttemptAction]]) -> RunSummary:
    coins = {coin: CoinSummary(state=state, action=action) for coin, (state, action) in states.items()}
    return RunSummary(day=DAY, coins=coins, wall_seconds=1.0, fit_seconds=0.5)


DONE = ("done", AttemptAction.TRAINED)


@pytest.mark.parametrize(
    ("other", "named_coins", "code"),
    [
        (("done", AttemptAction.REUSED), False, 0),
        (("skipped", AttemptAction.SKIPPED), False, 0),
        (("skipped", AttemptAction.SKIPPED), True, 3),
        (("failed", AttemptAction.FAILED), False, 3),
        (("quarantined", AttemptAction.FAILED), False, 3),
        (("unavailable", AttemptAction.UNAVAILABLE), False, 3),
        (("deferred", AttemptAction.SKIPPED), False, 75),
    ],
)
def test_the_exit_code_says_what_kept_a_coin_from_being_there(
    other: tuple[str, AttemptAction], named_coins: bool, code: int
) -> None:
    assert (
        exit_code([of_states({"BTC": DONE}), of_states({"BTC": DONE, "ETH": other})], named_coins=named_coins) == code
    )


@pytest.mark.parametrize("state", ["failed", "unavailable", "waiting", "quarantined"])
def test_a_run_that_published_nothing_could_not_work(state: str) -> None:
    summary = of_states({"BTC": (state, AttemptAction.FAILED), "ETH": ("skipped", AttemptAction.SKIPPED)})

    assert exit_code([summary], named_coins=False) == 1


def test_a_failed_report_of_published_models_is_not_done() -> None:
    summary = replace(of_states({"BTC": DONE}), step_failures={"report": "the disk is full"})

    assert exit_code([summary], named_coins=False) == 3


def test_a_coin_that_the_run_did_not_reach_failed_with_the_cause_of_the_run() -> None:
    summary = run_summary(make_plan(facts()), DAY, failure="the disk is full")

    assert summary.failed == {"BTC": "not started: the disk is full"}
    assert exit_code([summary], named_coins=False) == 1


def test_what_was_published_before_is_done_and_reused() -> None:
    given = facts()
    plan = make_plan(with_published(given, carried_out(make_plan(given))))

    content = run_summary(plan, DAY).to_json()

    assert (content["trained"], content["reused"], content["failed"]) == (0, 1, 0)


def test_a_failure_of_a_later_day_is_told_with_the_last_day_that_was_walked() -> None:
    first, second, later = (DAY + timedelta(days=number) for number in range(3))
    failures = {
        ("shadow_trades of BTC", first): "damaged",
        ("shadow_trades of BTC", later): "damaged too",
        ("daily_report", second): "the disk is full",
    }

    assert later_failures(failures, first, [first, second]) == {"shadow_trades of BTC": "damaged"}
    assert later_failures(failures, second, [first, second]) == {
        f"shadow_trades of BTC on {later}": "damaged too",
        "daily_report": "the disk is full",
    }

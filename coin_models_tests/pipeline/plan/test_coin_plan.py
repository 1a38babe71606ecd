"""The rules that give each day of a coin its action."""

from datetime import timedelta

import pytest

from coin_models.errors import CandlesRejected, SourceUnavailable
from coin_models.market.asking import CandleProblem
from coin_models.pipeline.plan.action import Action
from coin_models.pipeline.plan.facts import Hold, HoldKind
from coin_models.pipeline.plan.plan import make_plan
from coin_models_tests.pipeline.plan.strategies import (
    DAY,
    FULL,
    LATER,
    WEEK,
    WINDOW,
    carried_out,
    corrected,
    facts,
    history,
)


def test_a_new_home_trains_the_day_and_the_full_retrain_that_it_starts_from() -> None:
    plan = make_plan(facts([LATER]))

    assert [(item.day, item.parent_day, item.is_requested) for item in plan.to_train()] == [
        (FULL, None, False),
        (LATER, FULL, True),
    ]
    assert plan.counts()[Action.TRAIN] == 2


def test_what_is_wanted_and_published_is_reused() -> None:
    first = make_plan(facts(WEEK))

    again = make_plan(facts(WEEK, published=carried_out(first)))

    assert {item.action for item in again} == {Action.REUSE}
    assert again.to_train() == []


def test_corrected_candles_of_the_window_make_a_version_stale_and_inside_the_window_it_is_made_again() -> None:
    made = carried_out(make_plan(facts(WEEK)))
    changed = corrected(history(), DAY - timedelta(days=WINDOW - 1))

    plan = make_plan(facts(WEEK, published=made, histories={"BTC": changed}, again_from=DAY))

    assert plan["BTC", DAY].action is Action.TRAIN
    assert "other candles" in plan["BTC", DAY].reason
    assert plan["BTC", DAY - timedelta(days=1)].action is Action.STALE


def test_a_skip_is_computed_and_goes_when_its_reason_goes() -> None:
    thin = facts([DAY], histories={"BTC": history(empty=[DAY])})

    assert make_plan(thin)["BTC", DAY].action is Action.SKIP
    assert "thin day" in make_plan(thin)["BTC", DAY].reason
    assert make_plan(facts([DAY]))["BTC", DAY].action is Action.TRAIN


def test_a_day_whose_candles_are_not_stored_is_unavailable_by_the_reason_of_the_last_look() -> None:
    gone = {"BTC": history(unstored=[DAY])}
    problem = CandleProblem(coin="BTC", error=CandlesRejected("BTC.csv cannot be read"), history=gone["BTC"])

    assert make_plan(facts([DAY], histories=gone))["BTC", DAY].action is Action.UNAVAILABLE
    assert make_plan(facts([DAY], histories=gone, problems={"BTC": problem}))["BTC", DAY].reason == str(problem)


def test_a_problem_with_the_source_takes_nothing_back_that_is_stored() -> None:
    problem = CandleProblem(coin="BTC", error=SourceUnavailable("the exchange is unavailable"), history=history())

    assert make_plan(facts([DAY], problems={"BTC": problem}))["BTC", DAY].action is Action.TRAIN


@pytest.mark.parametrize(
    ("kind", "action"),
    [
        (HoldKind.BACKOFF, Action.WAITING),
        (HoldKind.UNAVAILABLE, Action.UNAVAILABLE),
        (HoldKind.QUARANTINED, Action.QUARANTINED),
    ],
)
def test_what_was_tried_counts_for_the_wanted_version_and_for_no_other(kind: HoldKind, action: Action) -> None:
    wanted = make_plan(facts([DAY]))["BTC", DAY].fingerprint
    same, other = (Hold(kind=kind, reason="why", fingerprint=tried) for tried in (wanted, "ab" * 32))

    assert make_plan(facts([DAY], holds={("BTC", DAY): [same]}))["BTC", DAY].action is action
    assert make_plan(facts([DAY], holds={("BTC", DAY): [other]}))["BTC", DAY].action is Action.TRAIN


def test_what_another_session_is_at_work_on_is_waited_for_whatever_it_fits() -> None:
    running = Hold(kind=HoldKind.RUNNING, reason="session a1 works on it", fingerprint="ab" * 32)

    item = make_plan(facts([DAY], holds={("BTC", DAY): [running]}))["BTC", DAY]

    assert (item.action, item.is_running) == (Action.WAITING, True)


def test_a_day_waits_for_a_parent_that_cannot_be_made_now() -> None:
    parent = make_plan(facts([LATER]))["BTC", LATER].parent_fingerprint
    hold = Hold(kind=HoldKind.QUARANTINED, reason="diverged three times", fingerprint=parent)

    plan = make_plan(facts([LATER], holds={("BTC", FULL): [hold]}))

    assert plan["BTC", LATER].action is Action.WAITING
    assert "diverged three times" in plan["BTC", LATER].reason
    assert plan.to_train() == []


def test_force_makes_again_what_is_asked_for_and_not_its_parents() -> None:
    made = carried_out(make_plan(facts([LATER])))

    plan = make_plan(facts([LATER], published=made), force=True)

    assert [item.day for item in plan.to_train()] == [LATER]

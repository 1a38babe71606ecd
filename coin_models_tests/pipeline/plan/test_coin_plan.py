"""The plan is a pure function of the facts: what is wanted, what is there, and nothing else."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coin_models.errors import CandlesRejected, SourceUnavailable
from coin_models.market.asking import CandleProblem
from coin_models.pipeline.plan.action import Action
from coin_models.pipeline.plan.calendar import parent_day
from coin_models.pipeline.plan.facts import Facts, Hold, HoldKind
from coin_models.pipeline.plan.plan import Plan, make_plan
from coin_models.registry.published import PublishedVersions
from coin_models_tests.pipeline.plan.strategies import (
    DAY,
    RECIPE,
    WINDOW,
    carried_out,
    corrected,
    facts,
    history,
    states,
)

WEEK = [DAY - timedelta(days=back) for back in range(6, -1, -1)]
FULL = next(day for day in WEEK if parent_day("BTC", day, 7) is None)
LATER = FULL + timedelta(days=2)


def with_published(given_facts: Facts, versions: dict[str, list[tuple[date, str]]]) -> Facts:
    return replace(given_facts, published={coin: PublishedVersions.of(found) for coin, found in versions.items()})


def summary(plan: Plan) -> list[tuple[str, date, Action, str | None]]:
    return [(item.coin, item.day, item.action, item.fingerprint) for item in plan]


def test_a_new_home_trains_the_day_and_the_full_retrain_that_it_starts_from() -> None:
    plan = make_plan(facts([LATER]))

    assert [(item.day, item.parent_day, item.is_requested) for item in plan.to_train()] == [
        (FULL, None, False),
        (LATER, FULL, True),
    ]
    assert plan.counts()[Action.TRAIN] == 2


def test_every_day_of_a_week_starts_from_the_same_full_retrain() -> None:
    days = [FULL + timedelta(days=offset) for offset in range(8)]

    plan = make_plan(facts(days))

    assert [item.parent_day for item in plan] == [None, *[FULL] * 6, None]


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


def test_candles_beyond_the_window_change_nothing() -> None:
    made = carried_out(make_plan(facts([DAY])))
    earliest = parent_day("BTC", DAY, 7) or DAY
    changed = corrected(history(), earliest - timedelta(days=WINDOW))

    assert make_plan(facts([DAY], published=made, histories={"BTC": changed}))["BTC", DAY].action is Action.REUSE


def test_a_version_with_another_parent_than_the_calendars_is_stale() -> None:
    made = carried_out(
        make_plan(facts([LATER], histories={"BTC": corrected(history(), FULL - timedelta(days=WINDOW - 1))}))
    )

    plan = make_plan(facts([LATER], published=made))

    assert plan["BTC", LATER].action is Action.STALE


def test_a_skip_is_computed_and_goes_when_its_reason_goes() -> None:
    thin = facts([DAY], histories={"BTC": history(empty=[DAY])})

    assert make_plan(thin)["BTC", DAY].action is Action.SKIP
    assert "thin day" in make_plan(thin)["BTC", DAY].reason
    assert make_plan(facts([DAY]))["BTC", DAY].action is Action.TRAIN


def test_a_day_whose_parent_is_skipped_is_a_full_retrain() -> None:
    plan = make_plan(facts([LATER], histories={"BTC": history(empty=[FULL])}))

    assert plan["BTC", LATER].action is Action.TRAIN
    assert plan["BTC", LATER].parent_day is None


def test_a_day_whose_candles_are_not_stored_is_unavailable_by_the_reason_of_the_last_look() -> None:
    gone = {"BTC": history(unstored=[DAY])}
    problem = CandleProblem(coin="BTC", error=CandlesRejected("BTC.csv cannot be read"), history=gone["BTC"])

    assert make_plan(facts([DAY], histories=gone))["BTC", DAY].action is Action.UNAVAILABLE
    assert make_plan(facts([DAY], histories=gone, problems={"BTC": problem}))["BTC", DAY].reason == str(problem)


def test_a_problem_with_the_source_takes_nothing_back_that_is_stored() -> None:
    problem = CandleProblem(coin="BTC", error=SourceUnavailable("the exchange is away"), history=history())

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


def test_full_retrains_are_spread_over_the_week() -> None:
    coins = [f"C{number}" for number in range(70)]

    weekdays = [sum(parent_day(coin, day, 7) is None for coin in coins) for day in WEEK]

    assert sum(weekdays) == 70
    assert max(weekdays) <= 20  # 10 on average


@given(states())
def test_a_plan_of_a_plan_is_empty(state: Facts) -> None:
    plan = make_plan(state)
    merged = {coin: [*versions] for coin, versions in carried_out(plan).items()}
    before = {
        coin: [
            (date.fromordinal(int(ordinal)), found.tobytes().hex())
            for ordinal, found in zip(versions.ordinal, versions.fingerprint, strict=True)
        ]
        for coin, versions in state.published.items()
    }
    everything = {coin: [*before.get(coin, []), *merged.get(coin, [])] for coin in state.coins}

    assert make_plan(with_published(state, everything)).to_train() == []


@given(states(), st.data())
def test_a_coin_day_is_planned_alike_whatever_else_is_asked_for(state: Facts, data: st.DataObject) -> None:
    days = sorted(data.draw(st.sets(st.sampled_from(state.days), min_size=1)))
    coins = data.draw(st.permutations(state.coins))[: data.draw(st.integers(1, len(state.coins)))]

    part = make_plan(replace(state, days=tuple(days), coins=tuple(coins)))

    whole = {item.key: item for item in make_plan(state)}
    for item in part:
        other = whole[item.key]
        assert (item.fingerprint, item.parent_fingerprint) == (other.fingerprint, other.parent_fingerprint)
        if (
            "starts from it" not in other.reason + item.reason
        ):  # kept for itself, made again for one that starts from it
            assert (item.action, item.reason) == (other.action, other.reason)


@given(states())
def test_whatever_is_trained_has_its_parent_published_or_trained_before(state: Facts) -> None:
    plan = make_plan(state)
    there = {
        (coin, found.tobytes().hex()) for coin, versions in state.published.items() for found in versions.fingerprint
    }

    for item in plan.to_train():
        assert item.parent_fingerprint is None or (item.coin, item.parent_fingerprint) in there
        there.add((item.coin, item.fingerprint or ""))


@given(states())
def test_counts_and_actions_tell_the_same_story(state: Facts) -> None:
    plan = make_plan(state)
    counted = plan.counts()

    assert sum(counted.values()) == len(state.days) * len(state.coins) + len(plan.ancestors())
    assert counted[Action.TRAIN] == len(plan.to_train())
    assert RECIPE.full_retrain_every_days == 7

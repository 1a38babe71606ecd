"""What is wanted of a day: which candles and which parent count."""

from datetime import timedelta

from coin_models.market.eligibility import Rule
from coin_models.pipeline.plan.action import Action
from coin_models.pipeline.plan.calendar import parent_day
from coin_models.pipeline.plan.plan import make_plan
from coin_models.pipeline.plan.wanted import wanted_of
from coin_models_tests.pipeline.plan.strategies import (
    DAY,
    FULL,
    LATER,
    RECIPE,
    WINDOW,
    carried_out,
    corrected,
    facts,
    history,
)


def test_every_day_of_a_week_starts_from_the_same_full_retrain() -> None:
    days = [FULL + timedelta(days=offset) for offset in range(8)]

    plan = make_plan(facts(days))

    assert [item.parent_day for item in plan] == [None, *[FULL] * 6, None]


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


def test_a_day_whose_parent_is_skipped_is_a_full_retrain() -> None:
    plan = make_plan(facts([LATER], histories={"BTC": history(empty=[FULL])}))

    assert plan["BTC", LATER].action is Action.TRAIN
    assert plan["BTC", LATER].parent_day is None


def test_a_day_whose_parents_candles_are_not_stored_waits_for_them_and_is_no_full_retrain() -> None:
    unstored = FULL - timedelta(days=WINDOW - 1)  # the first day of the parent's window, before that of the day itself

    wanted = wanted_of("BTC", history(unstored=[unstored]), LATER, LATER, RECIPE)

    assert Rule(wanted.rule[-1]) is Rule.NOT_STORED
    assert wanted.of_day(LATER) is None


def test_the_fingerprint_of_a_day_is_the_same_whatever_span_it_is_worked_out_in() -> None:
    alone = wanted_of("BTC", history(), DAY, DAY, RECIPE)
    among_others = wanted_of("BTC", history(), DAY - timedelta(days=20), DAY + timedelta(days=5), RECIPE)

    assert alone.of_day(DAY) == among_others.of_day(DAY)
    assert alone.of_day(DAY) is not None


def test_two_coins_with_the_same_candles_want_different_versions() -> None:
    btc, eth = (wanted_of(coin, history(), DAY, DAY, RECIPE) for coin in ("BTC", "ETH"))

    assert btc.of_day(DAY) != eth.of_day(DAY)


def test_rows_before_the_span_are_the_parents_that_it_may_start_from() -> None:
    wanted = wanted_of("BTC", history(), DAY, DAY, RECIPE)

    # A full retrain every 7 days: six days before the one that was requested.
    assert [wanted.day(row) for row in (0, 6)] == [DAY - timedelta(days=6), DAY]
    assert len(wanted.rule) == 7

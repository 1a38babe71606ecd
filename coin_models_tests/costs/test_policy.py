from datetime import timedelta

import pytest

from coin_models.costs.policy import GO_ON, Admission, Stop, spent_usd, still_safe_on_spot, within_budget
from coin_models_tests.costs.builders import NIGHT, at, session


def safety(*, left_seconds: float, remaining: float = 3600.0, market: str = "spot") -> Admission:
    return still_safe_on_spot(
        market=market,
        now=NIGHT,
        deadline=NIGHT + timedelta(seconds=left_seconds),
        remaining_seconds=remaining,
        startup_seconds=90.0,
        replacement_seconds=300.0,
        checkpoint_interval_seconds=120.0,
    )


def test_what_is_spent_today_leaves_out_what_was_spent_before() -> None:
    sessions = [session(begin=-3600, end=1800), session("s2", end=None, heartbeat_at=at(900))]

    # half an hour and a quarter of an hour at 0.20
    assert spent_usd(sessions, since=NIGHT, now=at(7200)) == pytest.approx(0.15)


@pytest.mark.parametrize(("spent", "stops"), [(0.0, False), (0.79, False), (0.81, True)])
def test_a_cohort_that_would_burst_the_budget_is_not_begun(spent: float, stops: bool) -> None:
    verdict = within_budget(spent_usd=spent, cohort_seconds=3600.0, price_usd_per_hour=0.2, budget_usd=1.0)

    assert (verdict.stop is Stop.BUDGET) is stops
    assert ("0.810 of 1.000 USD" in verdict.reason) is stops


def test_without_a_budget_every_cohort_is_begun() -> None:
    assert within_budget(spent_usd=9.0, cohort_seconds=9e9, price_usd_per_hour=9.0, budget_usd=None) is GO_ON


@pytest.mark.parametrize(
    ("left_seconds", "stops"),
    [
        (8 * 3600.0, False),
        # 3600 of work, 90 to start on-demand, 120 at risk, 300 until a loss is noticed: 4110 in all
        (4111.0, False),
        (4109.0, True),
        (3691.0, True),
        (3689.0, False),  # on-demand would be late too
        (-60.0, False),
    ],
)
def test_spot_stops_at_the_latest_safe_moment(left_seconds: float, stops: bool) -> None:
    assert (safety(left_seconds=left_seconds).stop is Stop.HAND_OVER) is stops


def test_a_stop_says_what_is_left_and_who_should_take_over() -> None:
    assert safety(left_seconds=3700.0).reason == (
        "1:00:00 of work are left and 1:01:40 until 03:01 UTC: an on-demand machine should take over now"
    )


@pytest.mark.parametrize("market", ["owned", "on-demand"])
def test_a_machine_that_nobody_takes_is_always_safe(market: str) -> None:
    assert safety(left_seconds=3700.0, market=market) is GO_ON


def test_a_night_with_nothing_left_is_safe() -> None:
    assert safety(left_seconds=100.0, remaining=0.0) is GO_ON

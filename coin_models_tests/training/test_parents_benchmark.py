"""The arithmetic of the parents benchmark; the fits are those of production, tested elsewhere."""

from datetime import date, timedelta

import numpy as np
import pytest

from benchmarks.parents import Calendars
from benchmarks.parents_report import FitCost, JudgedCoinDay, clustered_t, interval, summarise

DAY = date(2024, 8, 1)
RULE_LOSS = {"full": 0.8, "chain": 0.8, "week": 0.9, "stale": 0.9}


def judged(coin: str, day: date, age: int) -> JudgedCoinDay:
    return JudgedCoinDay(coin=coin, day=day, age=age, loss={"unconditional": 2.0, "scaled": 1.0, **RULE_LOSS})


def costs() -> dict[str, FitCost]:
    return {
        "full retrain": FitCost(num=2, steps=60, cpu_seconds=12.0),
        "warm start": FitCost(num=4, steps=10, cpu_seconds=4.0, num_unchanged=1),
        "preparation": FitCost(num=10, cpu_seconds=5.0),
    }


def test_a_coin_has_every_age_once_in_a_week_and_shifted_calendars_differ() -> None:
    calendars = Calendars(every_days=7, num=2)

    ages = [[calendars.age("BTC", DAY + timedelta(days=n), calendar) for n in range(7)] for calendar in (0, 1)]

    assert sorted(ages[0]) == sorted(ages[1]) == list(range(7))
    assert all(a != b for a, b in zip(*ages, strict=True))


def test_skill_is_one_minus_the_ratio_of_losses() -> None:
    report = summarise([judged("BTC", DAY, 0), judged("ETH", DAY, 3)], costs(), 7, num_samples=10)

    assert report["skill"]["scaled"] == pytest.approx({"full": 0.2, "chain": 0.2, "week": 0.1, "stale": 0.1})
    assert report["skill"]["unconditional"]["week"] == pytest.approx(1 - 0.9 / 2)
    assert report["difference"]["week - chain"]["mean"] == pytest.approx(-0.1)
    assert report["by_age"][3]["num_judged"] == 1


def test_costs_follow_from_the_calendar() -> None:
    # A full retrain: 60 steps, 6 s; a warm start: 10 steps, 1 s; each prepared in 0.5 s.
    report = summarise([judged("BTC", DAY, 0)], costs(), 7, num_samples=10)

    assert report["steady_state"]["chain"] == report["steady_state"]["week"]
    assert report["steady_state"]["week"] == {"fits": 1.0, "steps": round(60 / 7 + 60 / 7, 1), "cpu_seconds": 2.214}
    assert report["first_run"]["chain"]["mean"] == {"fits": 4.0, "steps": 90.0, "cpu_seconds": 6 + 3 + 4 * 0.5}
    assert report["first_run"]["chain"]["worst"] == {"fits": 7.0, "steps": 120.0, "cpu_seconds": 6 + 6 + 7 * 0.5}
    assert report["first_run"]["week"]["worst"] == {"fits": 2.0, "steps": 70.0, "cpu_seconds": 8.0}


def test_t_is_clustered_by_day() -> None:
    # Days with means 1 and 3, two equal values each: the mean is 2, its standard error 1 (sd of the day means 1.414 / root 2).
    assert clustered_t(np.array([2.0, 6.0]), np.array([2.0, 2.0])) == pytest.approx(2.0)


def test_the_interval_of_equal_days_is_a_point() -> None:
    low, high = interval(np.full(20, 3.0), np.full(20, 2.0), 7, 100)

    assert low == high == 1.5

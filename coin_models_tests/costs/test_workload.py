from datetime import timedelta

import pytest

from coin_models.costs.ledger.accounts import entries_of
from coin_models.costs.workload import (
    measured_workload,
    published_workload,
    startup_from_history,
    workload_from_history,
)
from coin_models.settings.costs import CostSettings
from coin_models_tests.costs.builders import DAY, attempt, session


def test_history_counts_an_interrupted_coin_day_whole() -> None:
    sessions = [session("s1", end=100, reason="interrupted"), session("s2", begin=200, end=215)]
    attempts = [
        attempt("BTC", outcome="interrupted", useful_seconds=30.0),
        attempt("BTC", in_session="s2", useful_seconds=10.0, redone_seconds=5.0),
        attempt("ETH", useful_seconds=20.0),
        attempt("BTC", day=DAY + timedelta(days=1), useful_seconds=50.0),
    ]

    workload = workload_from_history(entries_of(sessions, attempts))

    # first day (40 + 20) / 2 = 30, second 50: mean 40, deviation 14.142
    assert workload is not None
    assert workload.seconds_per_coin == pytest.approx(40.0)
    assert workload.spread == pytest.approx(14.1421 / 40.0, abs=1e-4)
    assert workload.source == "own history: 3 coin-days of 2 trading days"
    assert workload.measured_on == ("RTX 3090",)


def test_without_a_finished_coin_there_is_no_history() -> None:
    failed, reused = attempt("BTC", outcome="failed", useful_seconds=9.0), attempt("ETH", outcome="done")

    assert workload_from_history(entries_of([session(end=9)], [failed, reused])) is None


def test_what_goes_on_beside_the_fit_is_part_of_a_coins_duration() -> None:
    attempts = [attempt("BTC", useful_seconds=30.0), attempt("ETH", useful_seconds=30.0, startup_seconds=10.0)]

    workload = workload_from_history(entries_of([session(end=100)], attempts))

    # of 100 s: 60 s of fits, 10 s of start-up, and 30 s of candles, trades, patterns and the report
    assert workload is not None
    assert workload.seconds_per_coin == pytest.approx((60.0 + 30.0) / 2)


def test_a_session_that_found_everything_there_makes_no_coin_longer() -> None:
    trained, reused = attempt("BTC", useful_seconds=30.0), attempt("BTC", in_session="s2", outcome="reused")

    workload = workload_from_history(
        entries_of([session("s1", end=30), session("s2", begin=50, end=90)], [trained, reused])
    )

    assert workload is not None
    assert workload.seconds_per_coin == 30.0


def test_published_hours_become_seconds_per_coin() -> None:
    twenty, everything = CostSettings().published_runs

    # 20 coins in 1 to 2 hours: 1.5 h / 20 = 270 s; all coins in 4 to 8 hours: 6 h / 500 = 43.2 s
    assert published_workload(twenty, 500).seconds_per_coin == pytest.approx(270.0)
    assert published_workload(everything, 500).seconds_per_coin == pytest.approx(43.2)
    assert published_workload(twenty, 20).spread == pytest.approx(0.5 / 2 / 1.5)


def test_a_measurement_scales_with_the_coins() -> None:
    assert measured_workload(2.5).work_seconds(20) == 50.0


def test_the_start_up_is_the_mean_over_sessions_not_over_coins() -> None:
    attempts = [attempt("BTC", startup_seconds=10.0), attempt("ETH", startup_seconds=10.0)]
    attempts.append(attempt("BTC", in_session="s2", startup_seconds=40.0))

    assert startup_from_history(attempts) == pytest.approx((20.0 + 40.0) / 2)
    assert startup_from_history([attempt(useful_seconds=5.0)]) is None

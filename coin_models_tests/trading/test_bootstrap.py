"""Intervals by the moving-block bootstrap."""

import numpy as np
import pytest

from coin_models.trading.bootstrap import block_bootstrap
from coin_models_tests.trading.daily_figures import daily_figures


@pytest.mark.parametrize("num_days", [10, 14, 30])
@pytest.mark.parametrize("correlation", [0.0, 0.15])
def test_the_interval_of_a_mean_covers_it_at_least_as_often_as_87_in_100(num_days: int, correlation: float) -> None:
    rng, covered, runs = np.random.default_rng(3), 0, 500
    for _ in range(runs):
        daily = daily_figures(rng, num_days, correlation)
        interval = block_bootstrap(daily, lambda rows: rows.mean(axis=1), num_samples=200)
        covered += interval is not None and interval.low <= 0 <= interval.high

    assert 0.87 <= covered / runs < 0.98


def test_a_share_has_an_interval_within_0_and_1() -> None:
    counts = np.array([[4.0 if k in (3, 8) else 10.0, 10.0] for k in range(12)])

    interval = block_bootstrap(
        counts, lambda rows: rows[:, :, 0].sum(1) / rows[:, :, 1].sum(1), num_samples=50, within=(0, 1)
    )

    assert interval is not None
    assert 0 < interval.low < 0.9 < interval.high == 1


def test_the_same_days_give_the_same_interval() -> None:
    values = np.random.default_rng(1).normal(0, 1, 30)

    first, second = (block_bootstrap(values, lambda rows: rows.mean(axis=1), num_samples=100) for _ in range(2))

    assert first == second


def test_nine_days_have_no_interval() -> None:
    assert block_bootstrap(np.ones(9), lambda rows: rows.mean(axis=1), num_samples=100) is None


def test_equal_days_have_an_interval_of_one_point() -> None:
    interval = block_bootstrap(np.full(27, 2.0), lambda rows: rows.mean(axis=1), num_samples=20, level=0.8)

    assert interval is not None
    assert (interval.low, interval.high, interval.level) == (2.0, 2.0, 0.8)


def test_resampled_days_stay_beside_their_neighbours() -> None:
    seen: list[np.ndarray] = []

    def keep(rows: np.ndarray) -> np.ndarray:
        seen.append(rows)
        return rows.mean(axis=1)

    block_bootstrap(np.arange(27.0), keep, num_samples=50)

    # Blocks of 27 ** (1/3) = 3 days: the second and third day of each block follow the one before.
    blocks = seen[0].reshape(50, 9, 3)
    assert (np.diff(blocks, axis=2) == 1).all()


def test_a_figure_without_an_answer_in_any_resample_has_no_interval() -> None:
    assert block_bootstrap(np.arange(12.0), lambda rows: np.full(len(rows), np.nan), num_samples=20) is None

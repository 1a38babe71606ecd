"""Intervals by the moving-block bootstrap."""

import numpy as np

from coin_models.trading.bootstrap import block_bootstrap


def test_the_interval_of_a_mean_covers_it_about_as_often_as_it_says() -> None:
    rng = np.random.default_rng(3)

    intervals = [
        block_bootstrap(rng.normal(0, 1, 60), lambda rows: rows.mean(axis=1), num_samples=200) for _ in range(200)
    ]

    held = np.mean([interval is not None and interval.low <= 0 <= interval.high for interval in intervals])
    assert 0.78 < held < 0.96  # 90 % requested; the block bootstrap of 60 days is a little narrow


def test_the_same_days_give_the_same_interval() -> None:
    values = np.random.default_rng(1).normal(0, 1, 30)

    first, second = (block_bootstrap(values, lambda rows: rows.mean(axis=1), num_samples=100) for _ in range(2))

    assert first == second


def test_four_days_have_no_interval() -> None:
    assert block_bootstrap(np.ones(4), lambda rows: rows.mean(axis=1), num_samples=100) is None


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
    assert block_bootstrap(np.arange(9.0), lambda rows: np.full(len(rows), np.nan), num_samples=20) is None

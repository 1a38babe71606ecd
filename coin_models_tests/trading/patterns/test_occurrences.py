"""Occurrences of shapes in a coin, and over all coins."""

import numpy as np

from coin_models.trading.patterns.discovery import find_matches
from coin_models.trading.patterns.occurrences import find_occurrences, last_ms, num_matches
from coin_models_tests.trading.patterns.markets import BUMP, market

BUMP_UNIT = ((BUMP - BUMP.mean()) / np.linalg.norm(BUMP - BUMP.mean())).astype(np.float32)
ABSENT = np.array([1.0, -1.0] * 12, np.float32) / 24**0.5  # up and down with each candle
SHAPES = np.stack([ABSENT, BUMP_UNIT])


def test_each_shape_has_its_own_occurrences_with_their_times_and_outcomes() -> None:
    windows = market(bumps=True)[0]
    _, at = find_matches(windows, SHAPES, 0.95)

    here = find_occurrences(windows, SHAPES, 0.95)

    assert here.num_matches.tolist() == [0, len(at)]
    assert len(here.of(0)) == 0
    mine = here.of(1)
    assert mine.end_ms.tolist() == windows.end_ms[at].tolist()
    assert mine.day_number.tolist() == windows.day_numbers(at).tolist()
    assert np.array_equal(mine.outcome, windows.outcome[at], equal_nan=True)
    assert np.array_equal(mine.scaled, windows.scaled[at], equal_nan=True)


def test_over_all_coins_occurrences_add_up_and_the_newest_counts() -> None:
    coins = [find_occurrences(windows, SHAPES, 0.95) for windows in market(bumps=True)]

    assert num_matches(coins, 2).tolist() == [0, sum(len(one) for one in coins)]
    assert last_ms(coins, 2).tolist() == [0, max(int(one.end_ms[-1]) for one in coins)]


def test_without_coins_nothing_occurs() -> None:
    assert num_matches([], 2).tolist() == [0, 0]
    assert last_ms([], 2).tolist() == [0, 0]

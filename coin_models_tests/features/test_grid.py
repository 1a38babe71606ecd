"""Candles on the full time grid."""

import pytest

from coin_models.features.grid import lay_on_grid
from coin_models_tests.features.strategies import FIVE_MINUTES, MONDAY_MS, steady_candles, without_rows


def test_a_gap_carries_the_last_close_forward_without_volume() -> None:
    grid = lay_on_grid(without_rows(steady_candles([1.0, 2.0, 3.0, 4.0, 5.0], volume=7.0), [2, 3]), 6)

    assert grid.close.tolist() == [1.0, 2.0, 2.0, 2.0, 5.0]
    assert grid.volume.tolist() == [7.0, 7.0, 0.0, 0.0, 7.0]
    assert grid.filled.tolist() == [False, False, True, True, False]
    # A carried row has no range: it opens, peaks and ends at the last close.
    assert [column[2:4].tolist() for column in (grid.open, grid.high, grid.low)] == [[2.0, 2.0]] * 3
    # The candle after the gap opens where the market did, at 4.
    assert grid.open[4] == 4.0


def test_the_grid_has_one_row_a_candle_length_from_the_first_to_the_last_candle() -> None:
    grid = lay_on_grid(without_rows(steady_candles([1.0] * 5), [0, 2]), 6)

    first = MONDAY_MS + FIVE_MINUTES.ms
    assert grid.open_time_ms.tolist() == [first + number * FIVE_MINUTES.ms for number in range(4)]


def test_a_gap_is_long_from_the_first_row_beyond_the_allowed_ones() -> None:
    grid = lay_on_grid(without_rows(steady_candles([1.0] * 7), [1, 2, 3, 4]), 2)

    assert grid.in_long_gap.tolist() == [False, False, False, True, True, False, False]


def test_no_candles_have_no_grid() -> None:
    with pytest.raises(ValueError, match="no candles"):
        lay_on_grid(without_rows(steady_candles([1.0]), [0]), 6)

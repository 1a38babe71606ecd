"""Windows that can be compared, and the outcome of each."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coin_models.market.timeframe import day_start_ms
from coin_models.trading.patterns.windows import make_windows
from coin_models_tests.trading.builders import DAY, HOURLY, candles_of
from coin_models_tests.trading.patterns.series import series, walk


def test_a_window_is_centred_and_of_length_one() -> None:
    windows = series(walk(40, 0))

    assert windows.unit.shape == (29, 12)
    assert windows.unit.sum(axis=1) == pytest.approx(0, abs=1e-5)
    assert np.linalg.norm(windows.unit, axis=1) == pytest.approx(1, abs=1e-5)


def test_scale_and_level_of_the_price_do_not_change_a_shape() -> None:
    shape = walk(30, 1)

    assert series(5.0 + 3.0 * shape).unit == pytest.approx(series(shape).unit, abs=1e-3)


def test_windows_across_a_gap_and_flat_windows_are_left_out() -> None:
    opens = [100.0, 101.0, 102.0, 103.0, 104.0, 105.0, 105.0, 105.0, 105.0, 105.0]
    candles = candles_of(opens, skip=(2,))  # closes 101 102 - 104 105 105 105 105 105 105

    windows = make_windows("BTC", candles, length=4, horizon=1)

    # Whole windows start at candle 3 or later; that from candle 4 on holds 105 only.
    assert ((windows.end_ms - day_start_ms(DAY)) // HOURLY.ms).tolist() == [7]


def test_an_outcome_is_the_return_after_the_window_and_open_at_the_end() -> None:
    windows = series(np.array([0.0, 0.1, 0.0, 0.1, 0.3]), length=3, horizon=1)

    assert windows.outcome[:2] == pytest.approx([0.1, 0.2])
    assert np.isnan(windows.outcome[2])


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), cut=st.integers(20, 55))
def test_the_future_changes_no_window_of_the_past(seed: int, cut: int) -> None:
    past = walk(60, seed)
    other = past.copy()
    other[cut:] += 0.5 + walk(60 - cut, seed + 1)

    before, after = series(past), series(other)

    whole = cut - 12 + 1
    assert (before.unit[:whole] == after.unit[:whole]).all()
    num_finite = max(whole - 3, 0)  # outcomes look three candles ahead
    assert before.outcome[:num_finite] == pytest.approx(after.outcome[:num_finite])

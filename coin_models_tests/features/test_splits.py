"""Train and validation rows of a day, and the rows that are samples."""

from datetime import date, timedelta
from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from coin_models.features.splits import sample_rows, split
from coin_models.features.table import build_features
from coin_models.market.candles import Candles
from coin_models.settings.market import MarketSettings
from coin_models.settings.training import TrainingSettings
from coin_models_tests.features.strategies import (
    HOUR,
    gapped_candles,
    random_candles,
    without_rows,
)

MARKET = MarketSettings(max_fill_minutes=15)


@settings(max_examples=20, deadline=None)
@given(candles=gapped_candles(50 * 24, HOUR), horizon=st.integers(1, 24), window=st.integers(1, 30))
def test_no_candle_is_seen_by_a_train_target_and_by_a_validation_window(
    candles: Candles, horizon: int, window: int
) -> None:
    training = TrainingSettings(
        lookback_days=14, validation_days=3, window_candles=window, horizon_minutes=60 * horizon
    )
    table = build_features(candles, MARKET)
    parts = split(table, date(2024, 2, 18), training)
    end = np.searchsorted(table.open_time_ms, table.open_time_ms[0] + 49 * 24 * HOUR.ms)

    if len(parts.train_index) and len(parts.validation_index):
        assert parts.train_index[-1] + horizon < parts.validation_index[0] - (window - 1)
    if len(parts.validation_index):
        assert parts.validation_index[-1] + horizon < end


def test_a_day_with_whole_candles_has_all_its_samples_but_those_that_are_purged() -> None:
    day = date(2024, 2, 18)
    candles = random_candles(1, 60 * 24, HOUR)
    training = TrainingSettings(lookback_days=10, validation_days=3, window_candles=5, horizon_minutes=12 * 60)
    parts = split(build_features(candles, MARKET), day, training)

    # Train: 7 days of 24 candles less 4 whose window reaches before them and 12 whose target reaches beyond.
    assert len(parts.train_index) == 7 * 24 - 4 - 12
    # Validation: 3 days of 24 less 4 whose window reaches into the train days and 12 not yet known at the end of the day.
    assert len(parts.validation_index) == 3 * 24 - 4 - 12
    assert candles.open_time_ms[parts.validation_index[0]] == candles.open_time_ms[0] + (46 * 24 + 4) * HOUR.ms
    assert day - date(2024, 1, 1) == timedelta(days=48)


def test_windows_over_unusable_rows_and_rows_that_are_no_candles_are_no_samples() -> None:
    table = build_features(without_rows(random_candles(5, 1200), [1000, 1001, *range(1100, 1110)]), MARKET)
    rows = sample_rows(table, 4)

    # The first three days, 864 candles, have no trusted features.
    assert rows[0] == 864 + 3
    assert not set(rows) & {1000, 1001}
    assert {999, 1002} <= set(rows)
    # The long gap: unusable from 1103 to 1108 + 36 candles, three hours; the first whole window after it ends 3 rows later than
    # the first usable row.
    assert [int(b) for a, b in pairwise(rows) if b - a > 5] == [1109 + 36 + 3]

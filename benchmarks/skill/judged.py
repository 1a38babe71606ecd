"""The rows of a feature table that judge a day."""

from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from coin_models.features.splits import sample_rows
from coin_models.features.table import FeatureTable, build_targets
from coin_models.market.timeframe import day_start_ms
from coin_models.settings.training import TrainingSettings


def judged_rows(table: FeatureTable, day: date, training: TrainingSettings) -> NDArray[np.int64]:
    """Rows of `day` at which a forecast can be made and its outcome is known; outcomes may lie in the day after."""
    rows = day_rows(table, day, training.window_candles)
    candle_seconds = int(table.open_time_ms[1] - table.open_time_ms[0]) // 1000
    return rows[~np.isnan(build_targets(table, training.horizon_candles(candle_seconds))[rows])]


def day_rows(table: FeatureTable, day: date, window_candles: int) -> NDArray[np.int64]:
    """Rows of candles that opened on `day` and have a whole usable window."""
    rows = sample_rows(table, window_candles)
    opened = table.open_time_ms[rows]
    return rows[(opened >= day_start_ms(day)) & (opened < day_start_ms(day + timedelta(days=1)))]

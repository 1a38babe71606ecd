"""Splits the rows of a feature table into those that are fitted and those that choose the best epoch."""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from coin_models.features.table import FeatureTable, build_targets
from coin_models.market.timeframe import day_start_ms
from coin_models.settings.training import TrainingSettings


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Split:
    """Rows at which a sample ends, ascending; windows reach back from them, targets forward."""

    train_index: NDArray[np.int64]
    validation_index: NDArray[np.int64]


def split(table: FeatureTable, day: date, training: TrainingSettings) -> Split:
    """Train and validation rows of trading day `day`: the `lookback_days` that end with it, the last few held out.

    A sample is known when its target is: nothing here looks beyond the end of `day`. The last train target ends before
    the first candle of the validation days' windows opens (purged by the horizon and by the window).
    """
    end_ms = day_start_ms(day + timedelta(days=1))
    validation_ms = day_start_ms(day + timedelta(days=1 - training.validation_days))
    start_ms = day_start_ms(day + timedelta(days=1 - training.lookback_days))
    step_ms = _step_ms(table)
    horizon = training.horizon_candles(step_ms // 1000)
    horizon_ms = horizon * step_ms
    window_ms = (training.window_candles - 1) * step_ms
    rows = sample_rows(table, training.window_candles)
    rows = rows[~np.isnan(build_targets(table, horizon)[rows])]
    opened = table.open_time_ms[rows]
    inside = (opened - window_ms >= start_ms) & (opened + horizon_ms < end_ms)
    in_validation = opened - window_ms >= validation_ms
    in_train = opened + horizon_ms < validation_ms
    return Split(train_index=rows[inside & in_train], validation_index=rows[inside & in_validation])


def sample_rows(table: FeatureTable, window_candles: int) -> NDArray[np.int64]:
    """Rows whose window of `window_candles` is usable throughout and that are real candles."""
    unusable = np.cumsum(~table.usable)
    before = np.concatenate([np.zeros(min(window_candles, len(table)), dtype=unusable.dtype), unusable])[: len(table)]
    whole = (unusable == before) & table.real
    whole[: window_candles - 1] = False
    return np.flatnonzero(whole)


def _step_ms(table: FeatureTable) -> int:
    return int(table.open_time_ms[1] - table.open_time_ms[0]) if len(table) > 1 else 1000

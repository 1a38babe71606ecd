"""One coin's candles on the full time grid: each row is one timeframe after the row before.

Gaps become rows that are carried forward and marked. Candles are never repaired.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from coin_models.market.candles import Candles

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Grid:
    """Columns (T,) from the first to the last candle; a missing candle has the last close and no volume."""

    open_time_ms: NDArray[np.int64]
    open: Array
    high: Array
    low: Array
    close: Array
    volume: Array
    filled: NDArray[np.bool_]
    """Carried forward: the market has no such candle."""
    in_long_gap: NDArray[np.bool_]
    """Carried forward further than the settings allow: nothing computed from this row is to be trusted."""


def lay_on_grid(candles: Candles, max_fill_candles: int) -> Grid:
    """Candles on the full grid; a gap's rows carry the last close forward with no volume.

    Whether a row is in a long gap is known at that row: it is the `max_fill_candles + 1`-th row without a candle, or a
    later one. What follows a row never changes it.
    """
    step_ms = candles.timeframe.ms
    if len(candles) == 0:
        raise ValueError("features of no candles were asked for; eligibility must be assessed before")
    start, end = int(candles.open_time_ms[0]), int(candles.open_time_ms[-1])
    open_time_ms = np.arange(start, end + step_ms, step_ms, dtype=np.int64)
    source = np.searchsorted(candles.open_time_ms, open_time_ms, side="right") - 1
    since_candle = (open_time_ms - candles.open_time_ms[source]) // step_ms
    filled = since_candle > 0
    columns = candles.ohlcv[source]
    close = columns[:, 3]
    return Grid(
        open_time_ms=open_time_ms,
        open=np.where(filled, close, columns[:, 0]),
        high=np.where(filled, close, columns[:, 1]),
        low=np.where(filled, close, columns[:, 2]),
        close=close.copy(),
        volume=np.where(filled, 0.0, columns[:, 4]),
        filled=filled,
        in_long_gap=since_candle > max_fill_candles,
    )

"""What only the reference reads: further measures of how wide the next hour may be, relative to the volatility now.

Realised variance (Andersen and Bollerslev 1998), the Garman-Klass estimator (1980), averages of the range with other
memories, absolute momentum, the weekend. As the other features: causal, and blind beyond the last `HISTORY_DAYS` days.
"""

import numpy as np
from numpy.typing import NDArray

from coin_models.features import indicators
from coin_models.features.grid import Grid
from coin_models.features.memories import Memories
from coin_models.market.timeframe import DAY_MS

Array = NDArray[np.float64]

_FLOOR = 1e-10  # of a squared log return: below it is tick size
_MOVE_LIMIT = 6.0
_HALF_DAY_HARMONIC = 6  # of the day: four hours
_MONDAY_OFFSET_DAYS = 3  # 1970-01-01 was a Thursday
_SATURDAY = 5


def width_names(memories: Memories) -> tuple[str, ...]:
    """The columns of `width_columns`, in order; a number is a memory in candles."""
    return (
        *(f"realised_{length}" for length in memories.realised),
        *(f"garman_klass_{length}" for length in memories.garman_klass),
        *(f"width_{half_life}" for half_life in memories.widths),
        *(f"move_{length}" for length in memories.moves),
        f"sin_day_{_HALF_DAY_HARMONIC}",
        f"cos_day_{_HALF_DAY_HARMONIC}",
        "weekend",
        "log_volatility",
    )


def width_columns(grid: Grid, spread: Array, volatility: Array, memories: Memories) -> list[Array]:
    """The columns, each (T,).

    Args:
        grid: the candles.
        spread: what the range of each candle says of its volatility, (T,).
        volatility: of a one-candle log return, (T,).
        memories: lengths and half-lives.
    """
    level, log_price = np.log(volatility), np.log(grid.close)
    squared = indicators.change_over(log_price, 1) ** 2
    garman_klass = 0.5 * np.log(grid.high / grid.low) ** 2 - (2 * np.log(2) - 1) * np.log(grid.close / grid.open) ** 2
    roots = [(squared, length) for length in memories.realised]
    roots += [(np.maximum(garman_klass, 0.0), length) for length in memories.garman_klass]
    columns = [0.5 * np.log(np.maximum(indicators.rolling_mean(v, n), _FLOOR)) - level for v, n in roots]
    averages = [indicators.exponential_mean(spread, half_life) for half_life in memories.widths]
    columns += [np.log(np.maximum(average, _FLOOR**0.5)) - level for average in averages]
    moves = [indicators.change_over(log_price, length) / np.sqrt(length) for length in memories.moves]
    columns += [np.minimum(np.abs(move / volatility), _MOVE_LIMIT) for move in moves]
    angle = 2 * np.pi * _HALF_DAY_HARMONIC * (grid.open_time_ms % DAY_MS) / DAY_MS
    weekday = (grid.open_time_ms // DAY_MS + _MONDAY_OFFSET_DAYS) % 7
    return [*columns, np.sin(angle), np.cos(angle), (weekday >= _SATURDAY).astype(np.float64), level]

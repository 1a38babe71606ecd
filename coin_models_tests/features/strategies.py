"""Hypothesis strategies and builders for feature tests, as nouns."""

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from coin_models.market.candles import Candles
from coin_models.market.timeframe import Timeframe, parse_timeframe

HOUR = parse_timeframe("1h")
FIVE_MINUTES = parse_timeframe("5m")
MONDAY_MS = 1_704_067_200_000
"""2024-01-01 00:00 UTC, a Monday."""


def random_candles(
    seed: int, num_candles: int, timeframe: Timeframe = FIVE_MINUTES, volatility: float = 0.002
) -> Candles:
    """A random walk without gaps."""
    generator = np.random.default_rng(seed)
    close = 100 * np.exp(np.cumsum(generator.normal(0, volatility, num_candles)))
    opened = np.concatenate([[100.0], close[:-1]])
    high = np.maximum(opened, close) * (1 + generator.uniform(0, volatility, num_candles))
    low = np.minimum(opened, close) * (1 - generator.uniform(0, volatility, num_candles))
    volume = generator.lognormal(3, 1, num_candles)
    return Candles(
        timeframe=timeframe,
        open_time_ms=MONDAY_MS + timeframe.ms * np.arange(num_candles, dtype=np.int64),
        ohlcv=np.stack([opened, high, low, close, volume], axis=1),
    )


def steady_candles(closes: list[float], volume: float = 1.0, timeframe: Timeframe = FIVE_MINUTES) -> Candles:
    """Candles that open where the one before closed and never leave the way between."""
    close = np.array(closes, dtype=np.float64)
    opened = np.concatenate([close[:1], close[:-1]])
    columns = [opened, np.maximum(opened, close), np.minimum(opened, close), close, np.full(len(close), volume)]
    times = MONDAY_MS + timeframe.ms * np.arange(len(close), dtype=np.int64)
    return Candles(timeframe=timeframe, open_time_ms=times, ohlcv=np.stack(columns, axis=1))


def without_rows(candles: Candles, missing: NDArray[np.int64] | list[int]) -> Candles:
    """The candles with some of them missing, as after an outage."""
    kept = np.delete(np.arange(len(candles)), missing)
    return Candles(timeframe=candles.timeframe, open_time_ms=candles.open_time_ms[kept], ohlcv=candles.ohlcv[kept])


def followed_by(past: Candles, end_ms: int, future: Candles) -> Candles:
    """The candles of `past` that opened before `end_ms`, then those of `future` that opened at it or later."""
    before, after = past.open_time_ms < end_ms, future.open_time_ms >= end_ms
    return Candles(
        timeframe=past.timeframe,
        open_time_ms=np.concatenate([past.open_time_ms[before], future.open_time_ms[after]]),
        ohlcv=np.concatenate([past.ohlcv[before], future.ohlcv[after]]),
    )


@st.composite
def gapped_candles(draw: st.DrawFn, num_candles: int, timeframe: Timeframe = FIVE_MINUTES) -> Candles:
    """A random walk with a few outages of one candle to a few hours; first and last candle are there."""
    candles = random_candles(draw(st.integers(0, 2**32 - 1)), num_candles, timeframe)
    missing: set[int] = set()
    for start, length in draw(st.lists(st.tuples(st.integers(1, num_candles - 2), st.integers(1, 40)), max_size=4)):
        missing |= set(range(start, min(start + length, num_candles - 1)))
    return without_rows(candles, sorted(missing))

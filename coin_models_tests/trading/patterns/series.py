"""Windows of a series of log prices."""

import numpy as np

from coin_models.market.candles import Candles
from coin_models.market.timeframe import day_start_ms
from coin_models.trading.patterns.windows import CoinWindows, make_windows
from coin_models_tests.trading.builders import DAY, HOURLY


def series(log_close: np.ndarray, *, length: int = 12, horizon: int = 3) -> CoinWindows:
    close = np.exp(log_close)
    opens = np.concatenate((close[:1], close[:-1]))
    ohlcv = np.stack([opens, np.maximum(opens, close), np.minimum(opens, close), close, np.ones(len(close))], axis=1)
    times = day_start_ms(DAY) + np.arange(len(close), dtype=np.int64) * HOURLY.ms
    candles = Candles(timeframe=HOURLY, open_time_ms=times, ohlcv=ohlcv)
    return make_windows("BTC", candles, length=length, horizon=horizon)


def walk(num: int, seed: int) -> np.ndarray:
    return np.cumsum(np.random.default_rng(seed).normal(0, 0.01, num))

"""Two coins whose candles hold the same shape twice a day, followed by a rise; or nothing but noise."""

from datetime import date, timedelta

import numpy as np

from coin_models.market.candles import Candles
from coin_models.market.timeframe import day_start_ms, parse_timeframe
from coin_models.settings.trading import TradingSettings
from coin_models.trading.patterns.windows import CoinWindows, make_windows
from coin_models_tests.trading.builders import DAY

MINUTES_15 = parse_timeframe("15m")


PER_DAY = 96
SETTINGS = TradingSettings(pattern_min_correlation=0.95, pattern_min_matches=5)
HORIZON = 4
BUMP = np.sin(np.linspace(0, 4 * np.pi, 24)) * np.linspace(1, 2, 24)


def candles(day: date, seed: int, *, num_days: int = 12, bumps: bool = False) -> Candles:
    """Fifteen-minute candles of the days that end with `day`; with bumps, twice a day the same shape, then a rise."""
    num = num_days * PER_DAY
    rng = np.random.default_rng(seed)
    steps = rng.normal(0, 0.002, num)
    if bumps:
        for start in range(20, num, PER_DAY // 2):
            if start + 24 + HORIZON < num:
                steps[start : start + 24] = np.diff(0.02 * BUMP, prepend=0.0) + rng.normal(0, 0.0002, 24)
                steps[start + 24 : start + 24 + HORIZON] += 0.004
    close = 100 * np.exp(np.cumsum(steps))
    opens = np.concatenate(([100.0], close[:-1]))
    ohlcv = np.stack([opens, np.maximum(opens, close), np.minimum(opens, close), close, np.ones(num)], axis=1)
    start_ms = day_start_ms(day - timedelta(days=num_days - 1))
    times = start_ms + np.arange(num, dtype=np.int64) * MINUTES_15.ms
    return Candles(timeframe=MINUTES_15, open_time_ms=times, ohlcv=ohlcv)


def market(seed: int = 2, *, last: date = DAY, bumps: bool = False, upto: date = DAY) -> list[CoinWindows]:
    """Windows of two coins up to a day."""
    return [
        make_windows(coin, _until(candles(last, seed + k, bumps=bumps), upto), length=24, horizon=HORIZON)
        for k, coin in enumerate(("BTC", "ETH"))
    ]


def _until(table: Candles, day: date) -> Candles:
    return table.slice_days(table.days[0], day)

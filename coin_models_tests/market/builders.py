"""Small candles for tests: written out, and as hypothesis strategies."""

import os
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import strategies as st

from coin_models.clock import FixedClock
from coin_models.market.candles import Candles
from coin_models.market.history import History, day_facts, unknown_days
from coin_models.market.timeframe import Timeframe, day_start_ms, days_between, parse_timeframe

FIVE_MINUTES = parse_timeframe("5m")
HOUR = parse_timeframe("1h")
DAY = date(2024, 8, 15)


def midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=UTC)


def clock_after(day: date, *, hours: float = 26) -> FixedClock:
    """A clock at `hours` after the day's midnight: 26 is 02:00 on the day after."""
    return FixedClock(midnight(day) + timedelta(hours=hours))


def candles_at(steps: list[int], *, day: date = DAY, timeframe: Timeframe = HOUR, price: float = 100.0) -> Candles:
    """A candle at each of these steps of the timeframe from the day's midnight; open 100, high 102, low 99, close 101."""
    times = day_start_ms(day) + np.array(steps, dtype=np.int64) * timeframe.ms
    row = [price, price + 2, price - 1, price + 1, 10.0]
    return Candles(timeframe=timeframe, open_time_ms=times, ohlcv=np.tile(row, (len(steps), 1)))


def walk(
    num_days: int, *, first: date = DAY, timeframe: Timeframe = HOUR, seed: int = 0, volatility: float = 0.03
) -> Candles:
    """A random walk without gaps; daily turnover about ten million."""
    generator = np.random.default_rng(seed)
    count = num_days * timeframe.candles_per_day
    steps = generator.standard_normal(count) * volatility / np.sqrt(timeframe.candles_per_day)
    close = 100 * np.exp(np.cumsum(steps))
    opens = np.concatenate([[100.0], close[:-1]])
    high, low = np.maximum(opens, close) * 1.0005, np.minimum(opens, close) * 0.9995
    volume = np.full(count, 1e5 / timeframe.candles_per_day)
    times = day_start_ms(first) + np.arange(count) * timeframe.ms
    return Candles(timeframe=timeframe, open_time_ms=times, ohlcv=np.column_stack([opens, high, low, close, volume]))


def history_of_candles(candles: Candles, first: date, last: date) -> History:
    """The facts of candles at hand: every day from `first` to `last` counts as stored."""
    days = days_between(first, last)
    rows = [day_facts(candles.slice_days(day, day), day) for day in days]
    return History(timeframe=candles.timeframe, first_day=first, rows=np.concatenate(rows) if rows else unknown_days(0))


def without(candles: Candles, rows: slice | list[int]) -> Candles:
    """The same candles with these rows missing."""
    keep = np.ones(len(candles), dtype=bool)
    keep[rows] = False
    return Candles(timeframe=candles.timeframe, open_time_ms=candles.open_time_ms[keep], ohlcv=candles.ohlcv[keep])


@st.composite
def candle_tables(draw: st.DrawFn) -> Candles:
    """Any part of one fixed history of an hourly market, so that two drawn tables never contradict each other."""
    history = walk(3)
    steps = draw(st.sets(st.integers(0, len(history) - 1), max_size=40))
    rows = sorted(steps)
    return Candles(timeframe=HOUR, open_time_ms=history.open_time_ms[rows], ohlcv=history.ohlcv[rows])


def shared_data() -> Path:
    """The folder of real candles that lies beside a checkout; tests that need it are skipped without it."""
    variable = os.environ.get("COIN_MODELS_TESTS_DATA")
    folder = Path(variable) if variable else Path(__file__).resolve().parents[2] / "../shared/data"
    if not folder.is_dir():
        pytest.skip(f"no real candles at {folder}; set COIN_MODELS_TESTS_DATA to their folder")
    return folder

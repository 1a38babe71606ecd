"""The market of a night: hourly candles of a few coins, computed once, which the source corrects, lists and delists."""

import random
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache

import numpy as np

from coin_models.clock import Clock
from coin_models.errors import CoinDelisted, SourceUnavailable
from coin_models.market.candles import VOLUME, Candles
from coin_models.market.timeframe import Timeframe, day_start_ms, parse_timeframe
from coin_models.simulation.operations import Operations

TIMEFRAME: Timeframe = parse_timeframe("1h")
COINS = ("BTC", "ETH", "SOL")
FIRST_CANDLES = date(2026, 1, 1)
NUM_DAYS = 480


@dataclass(slots=True)
class Market:
    """What the source would say at this instant."""

    corrected: dict[tuple[str, date], int] = field(default_factory=dict)  # how often a day was replaced
    listed_on: dict[str, date] = field(default_factory=dict)  # without an entry: before the first day
    delisted_on: dict[str, date] = field(default_factory=dict)  # the first day without candles
    is_away: bool = False

    def candles(self, coin: str, first: date, last: date) -> Candles:
        """The coin's candles of these days."""
        whole = walk(coin)
        first = max(first, self.listed_on.get(coin, first))
        last = min(last, self.delisted_on.get(coin, date.max) - timedelta(days=1))
        part = whole.slice_days(first, max(last, first - timedelta(days=1)))
        values = np.array(part.ohlcv)
        for (corrected, day), times in self.corrected.items():
            if corrected == coin:
                start = day_start_ms(day)
                rows = (part.open_time_ms >= start) & (part.open_time_ms < start + 86_400_000)
                values[rows, VOLUME] += times
        return Candles(timeframe=TIMEFRAME, open_time_ms=part.open_time_ms, ohlcv=values)


class SimulatedSource:
    """The market as one process asks it."""

    name = "simulated"

    def __init__(self, market: Market, operations: Operations, clock: Clock) -> None:
        self._market, self._operations, self._clock = market, operations, clock

    def coins(self) -> tuple[str, ...]:
        """All of them."""
        return COINS

    def fetch(self, coin: str, first: date, last: date) -> Candles:
        """See `CandleSource.fetch`."""
        return self._operations.run(
            "source", f"fetch {coin}", lambda: self._fetched(coin, first, last), SourceUnavailable
        )

    def _fetched(self, coin: str, first: date, last: date) -> Candles:
        if self._market.is_away:
            raise SourceUnavailable("the simulated exchange does not answer")
        if first >= self._market.delisted_on.get(coin, date.max):
            raise CoinDelisted(f"the simulated exchange no longer trades {coin}")
        return self._market.candles(coin, first, last).closed_by(self._clock.now())


@cache
def walk(coin: str) -> Candles:
    """A random walk that is liquid and volatile enough to be trained on every day."""
    number = NUM_DAYS * TIMEFRAME.candles_per_day
    dice = np.random.Generator(np.random.Philox(key=random.Random(coin).getrandbits(64)))  # noqa: S311 - no secret
    close = 100.0 * np.exp(np.cumsum(dice.normal(0.0, 0.008, number) * np.where(np.arange(number) % 2, 1, -0.8)))
    opened = np.concatenate([[100.0], close[:-1]])
    high, low = np.maximum(opened, close) * 1.001, np.minimum(opened, close) * 0.999
    volume = dice.uniform(5e4, 6e4, number)
    times = day_start_ms(FIRST_CANDLES) + np.arange(number, dtype=np.int64) * TIMEFRAME.ms
    table = np.round(np.stack([opened, high, low, close, volume], axis=1), 6)
    return Candles(timeframe=TIMEFRAME, open_time_ms=times, ohlcv=table)

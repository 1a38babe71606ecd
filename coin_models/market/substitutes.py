"""Days that another exchange than the first gave: which days are the first's own, and how far the prices are apart."""

from collections.abc import Iterable
from datetime import date
from typing import Final

import numpy as np

from coin_models.market.candles import Candles, concat, empty_candles
from coin_models.market.history import SUBSTITUTE, History

MIN_SHARED_CANDLES: Final = 12
"""Fewer candles that both exchanges have tell nothing about their prices."""


def days_of_first(history: History) -> list[date]:
    """The days with stored candles that no substitute gave, ascending."""
    is_own = (history.num_candles > 0) & ((history.flags & SUBSTITUTE) == 0)
    return [history.day(int(index)) for index in np.flatnonzero(is_own)]


def nearest_day(days: Iterable[date], before: date) -> date | None:
    """The newest of these days before a day, else the oldest after it; None where there is none."""
    return min(days, key=lambda day: (day >= before, abs(day - before)), default=None)


def price_distance(mine: Candles, theirs: Candles) -> tuple[float, int]:
    """The median relative distance of the closing prices of candles that both have, and how many those are.

    The distance is `nan` where there are none.
    """
    _, of_mine, of_theirs = np.intersect1d(mine.open_time_ms, theirs.open_time_ms, return_indices=True)
    if not len(of_mine):
        return float("nan"), 0
    return float(np.median(np.abs(theirs.close[of_theirs] / mine.close[of_mine] - 1))), len(of_mine)


class Replaced:
    """Days of a substitute for which the first exchange has given its own candles."""

    def __init__(self) -> None:
        self._pairs: dict[date, tuple[Candles, Candles]] = {}
        self._source = ""

    def note(self, day: date, source: str, before: Candles, after: Candles) -> None:
        """Notes a day, its stored source and candles, and those that replace them."""
        self._pairs[day], self._source = (before, after), source.partition(" while ")[0]

    @property
    def days(self) -> list[date]:
        """The days, as they were noted."""
        return list(self._pairs)

    def origin(self, source: str) -> str:
        """Where the days are from now: the source, in place of which, and how far their prices were apart."""
        timeframe = next(iter(self._pairs.values()))[1].timeframe
        before, after = (
            concat([empty_candles(timeframe), *(pair[k] for pair in self._pairs.values())]) for k in (0, 1)
        )
        distance, num_shared = price_distance(after, before)
        apart = f"prices {distance:.2%} apart" if num_shared else "no candle in common"
        return f"{source} in place of {self._source}, {apart}"

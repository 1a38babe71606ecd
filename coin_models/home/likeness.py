"""Compares a few stored days of candles with a source: are they the same market?"""

from collections.abc import Callable, Sequence
from datetime import date

import numpy as np

from coin_models.errors import CandlesRejected, ObjectDamaged, SourceRefused
from coin_models.market.candles import Candles, Values
from coin_models.market.source import CandleSource
from coin_models.market.store import CandleStore

_MAX_COINS = 3  # of the universe, looked through for one with stored days
_SAME = 1e-3  # relative distance of two closing prices that count as one
_MIN_SHARE = 0.5  # of a day's candles; a day that was corrected at the source has as many, another market none


def find_contradiction(candles: CandleStore, source: Callable[[], CandleSource], coins: Sequence[str]) -> str | None:
    """Why the stored candles cannot be the source's; None where they can, or where there is nothing to compare.

    One coin's oldest and newest stored day are compared. A day that was corrected at the source speaks for nothing: it
    takes both days to contradict. The source is opened only where there is something to compare.

    Raises:
        SourceUnavailable: the source cannot be asked now.
    """
    for coin in coins[:_MAX_COINS]:
        stored = candles.days_present(coin, date.min, date.max)
        if stored:
            asked = source()
            differing = [_difference(candles, asked, coin, day) for day in sorted({min(stored), max(stored)})]
            return differing[0] if all(differing) else None
    return None


def _difference(candles: CandleStore, source: CandleSource, coin: str, day: date) -> str | None:
    try:
        stored = candles.read_day(coin, day)
        given = source.fetch(coin, day, day)
    except (SourceRefused, CandlesRejected, ObjectDamaged):  # it does not have the coin: nothing to compare with
        return None
    mine, theirs = _common_closes(stored, given)
    if not len(mine):
        return None
    share = float(np.mean(np.abs(mine / theirs - 1) < _SAME))
    if share >= _MIN_SHARE:
        return None
    return f"{coin} closed at {mine[-1]:,.6g} on {day} in the store and at {theirs[-1]:,.6g} in {source.name}"


def _common_closes(stored: Candles, given: Candles) -> tuple[Values, Values]:
    _, mine, theirs = np.intersect1d(stored.open_time_ms, given.open_time_ms, return_indices=True)
    return stored.close[mine], given.close[theirs]

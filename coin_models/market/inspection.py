"""A summary of a coin's stored candles for people: span, gaps, incomplete days, sources."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np

from coin_models.errors import MarketError
from coin_models.market.candle_files import FileFacts, FileStamp
from coin_models.market.candles import Candles
from coin_models.market.history import ENDED, OPEN, History
from coin_models.market.holes import Hole, holes_of_days
from coin_models.market.source import FileBacked


@dataclass(frozen=True, slots=True, kw_only=True)
class IncompleteDay:
    """A stored day without all of its candles."""

    day: date
    num_candles: int
    num_answers: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredCandles:
    """What is stored of one coin, from its first day with candles on."""

    coin: str
    first_day: date | None = None
    last_day: date | None = None
    num_days: int = 0  # stored, days without a candle included
    num_expected: int = 0  # candles of a whole day
    num_missing_candles: int = 0
    incomplete: tuple[IncompleteDay, ...] = ()
    not_stored: tuple[date, ...] = ()  # between the first and the last stored day
    not_shown: tuple[date, ...] = ()  # asked for after them, and not shown by the source
    is_ended: bool = False  # the source says that it is no longer traded
    sources: tuple[tuple[str, int], ...] = ()  # and how many days came from each
    num_days_to_adopt: int = 0  # stored by the version before, of a coin of which nothing else is known
    files: tuple[FileFacts, ...] = ()


def inspect(
    coin: str,
    history: History,
    files: tuple[FileFacts, ...] = (),
    *,
    count_days_to_adopt: Callable[[str], int] = lambda coin: 0,
) -> StoredCandles:
    """Sums up a coin's history; days before its first candle are left out. Where there are none, the store is asked."""
    expected = history.timeframe.candles_per_day
    listed = np.flatnonzero(history.num_candles > 0)
    if not len(listed):
        return StoredCandles(coin=coin, num_expected=expected, num_days_to_adopt=count_days_to_adopt(coin), files=files)
    first, last = int(listed[0]), int(np.flatnonzero(history.num_candles >= 0)[-1])
    span = range(first, last + 1)
    counts, answers, flags = history.num_candles, history.rows["num_answers"], history.flags
    incomplete = tuple(
        IncompleteDay(day=history.day(k), num_candles=int(counts[k]), num_answers=int(answers[k]))
        for k in span
        if 0 <= counts[k] < expected
    )
    stored = [k for k in span if counts[k] >= 0]
    return StoredCandles(
        coin=coin,
        first_day=history.day(first),
        last_day=history.day(last),
        num_days=len(stored),
        num_expected=expected,
        num_missing_candles=sum(expected - day.num_candles for day in incomplete),
        incomplete=incomplete,
        not_stored=tuple(history.day(k) for k in span if counts[k] < 0),
        not_shown=tuple(history.day(k) for k in range(last + 1, len(history)) if flags[k] & (OPEN | ENDED)),
        is_ended=bool((flags[last:] & ENDED).any()),
        sources=tuple(Counter(history.source_of(k) for k in stored).most_common()),
        files=files,
    )


def look_at_files(
    source: FileBacked, last_read: Mapping[str, tuple[FileFacts, ...]], coins: Iterable[str]
) -> dict[str, tuple[FileFacts, ...]]:
    """Each coin's files as they were read last, with what keeps them from being read now; no file is read."""
    by_coin: dict[str, tuple[FileFacts, ...]] = {}
    for coin in coins:
        before = {facts.stamp: facts for facts in last_read.get(coin, ())}
        try:
            stamps = source.stamps(coin)
        except MarketError as error:
            stamp = next(iter(before), FileStamp(path="", size=0, modified_ns=0))
            by_coin[coin] = (FileFacts(stamp=stamp, problem=str(error)),)
            continue
        by_coin[coin] = tuple(before.get(stamp) or FileFacts(stamp=stamp) for stamp in stamps)
    return by_coin


def stored_holes(history: History, read_day: Callable[[date], Candles]) -> tuple[Hole, ...]:
    """The holes in a coin's stored days; only incomplete days are read."""
    counts = history.num_candles
    listed = np.flatnonzero(counts > 0)
    if not len(listed):
        return ()
    span = [k for k in range(int(listed[0]), len(history)) if 0 <= counts[k] < history.timeframe.candles_per_day]
    days = {history.day(k): read_day(history.day(k)) for k in span}
    return holes_of_days(days, history.timeframe, int(history.first_open_ms[listed[0]]))

"""Candles kept in the object store, one object per coin and day, and topped up from a source.

Belongs here: which days are stored, reading ranges, fetching what is missing. Not here: the stored form (`codec`),
object stores (`storage`), how good the candles are (`quality`, `universe`).

A day is stored once it is known to be over: the clock says so, and the source has shown its last candle or a later
one. A day stored without candles therefore means "asked, nothing there", never "asked too early": a folder of files
that has yet to be updated, or an exchange that lags, is asked again.
"""

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from itertools import groupby
from typing import Final

from coin_models.clock import Clock, newest_complete_day
from coin_models.errors import CandlesRejected
from coin_models.market.candles import Candles, concat
from coin_models.market.codec import decode_days, encode_day
from coin_models.market.source import CandleSource
from coin_models.market.timeframe import Timeframe, day_of_ms, days_between
from coin_models.storage import keys
from coin_models.storage.object_store import ObjectStore

_log = logging.getLogger(__name__)
_THREADS: Final = 8  # a put to S3 takes 30 to 100 ms; a coin's first 90 days are 90 of them


class CandleStore:
    """Candles of one timeframe in an object store."""

    def __init__(self, store: ObjectStore, timeframe: Timeframe) -> None:
        self._store = store
        self.timeframe = timeframe

    def write_day(self, coin: str, day: date, candles: Candles) -> None:
        """Stores the coin's candles of a day that is over; none is an answer too.

        Raises:
            CandlesRejected: a candle is not of that day or of this timeframe.
        """
        self._put(*self._encoded(coin, day, candles))

    def write_days(self, coin: str, days: Mapping[date, Candles]) -> None:
        """Stores many days at once; each is whole or absent, whatever interrupts this."""
        with ThreadPoolExecutor(_THREADS, thread_name_prefix="candle-put") as threads:
            # Encoded here, put there: encoding in the threads only makes them wait for each other.
            puts = [threads.submit(self._put, *self._encoded(coin, day, part)) for day, part in days.items()]
        for put in puts:
            put.result()

    def _encoded(self, coin: str, day: date, candles: Candles) -> tuple[str, bytes]:
        ends_ms = candles.open_time_ms[[0, -1]] if len(candles) else ()  # in the order of time: these tell of all
        if candles.timeframe != self.timeframe or any(day_of_ms(int(ms)) != day for ms in ends_ms):
            raise CandlesRejected(
                f"{coin} {day}: asked to store {len(candles)} {candles.timeframe.name} candles of "
                f"{', '.join(map(str, candles.days))} as {self.timeframe.name} candles of that day"
            )
        return keys.candle_day(self.timeframe.name, coin, day), encode_day(candles)

    def _put(self, key: str, data: bytes) -> None:
        # Not flushed to disk one by one: a day that a power cut takes is fetched again.
        self._store.put(key, data, durable=False)

    def days_present(self, coin: str, first: date, last: date) -> set[date]:
        """The days from `first` to `last` that are stored, empty ones included."""
        listed = self._store.list(keys.candle_days(self.timeframe.name, coin))
        return {day for day in map(keys.candle_day_of, (info.key for info in listed)) if first <= day <= last}

    def read_range(self, coins: Sequence[str], first: date, last: date) -> dict[str, Candles]:
        """All stored candles of each coin from `first` to `last`, coins read concurrently.

        Raises:
            ObjectDamaged: what is stored is no candles.
        """
        with ThreadPoolExecutor(_THREADS, thread_name_prefix="candle-read") as threads:
            tables = threads.map(lambda coin: self.read(coin, first, last)[0], coins)
            return dict(zip(coins, tables, strict=True))

    def read(self, coin: str, first: date, last: date) -> tuple[Candles, set[date]]:
        """One coin's stored candles from `first` to `last`, and the days that are stored, empty ones included.

        Raises:
            ObjectDamaged: what is stored is no candles.
        """
        by_key = {keys.candle_day(self.timeframe.name, coin, day): day for day in days_between(first, last)}
        found = self._store.get_many(list(by_key))
        stored = [key for key in by_key if key in found]  # in the order of time, whatever the store's order
        candles = decode_days(((f"{key} in {self._store.url}", found[key]) for key in stored), self.timeframe)
        return candles, {by_key[key] for key in stored}


def ensure_candles(
    source: CandleSource, store: CandleStore, coin: str, first: date, last: date, clock: Clock
) -> Candles:
    """The coin's candles from `first` to `last`; what is not stored is fetched, and then stored by whole days.

    Of a day that is not over yet, nothing is returned.

    Raises:
        SourceUnavailable, SourceRefused, CandlesRejected: from the source. StoreError: from the store.
    """
    last = min(last, newest_complete_day(clock))
    stored, present = store.read(coin, first, last)
    parts = [stored]
    for run_first, run_last in _runs(day for day in days_between(first, last) if day not in present):
        candles = source.fetch(coin, run_first, run_last)
        settled = [day for day in days_between(run_first, run_last) if _is_settled(day, candles)]
        store.write_days(coin, {day: candles.slice_days(day, day) for day in settled})
        parts.append(candles)
        _log.info(
            "fetched candles",
            extra={
                "coin": coin,
                "source": source.name,
                "first": run_first,
                "last": run_last,
                "num_stored": len(settled),
            },
        )
    return concat(parts)


def _is_settled(day: date, candles: Candles) -> bool:
    """Whether the source has shown the day's last candle, or a later one."""
    if not len(candles):
        return False
    return day_of_ms(int(candles.open_time_ms[-1]) + candles.timeframe.ms) > day


def _runs(days: Iterable[date]) -> Iterator[tuple[date, date]]:
    """First and last of each run of consecutive days."""
    numbered = enumerate(days)
    for _, group in groupby(numbered, key=lambda item: item[1] - timedelta(days=item[0])):
        run = [day for _, day in group]
        yield run[0], run[-1]

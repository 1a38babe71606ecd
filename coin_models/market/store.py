"""Candles in the object store: one immutable object per coin, day and content, found through the index.

Also adopts the days that the previous version stored.

An object is never replaced: corrected candles get a new key, and the index says which object counts. The object is put
before the index names it. Bytes that are read are checked against the digest in the index.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np

from coin_models.clock import Clock
from coin_models.db.engine import Database
from coin_models.errors import CandlesRejected, ObjectDamaged
from coin_models.market.candle_files import CandleFiles
from coin_models.market.candle_index import CandleIndex, DayRecord
from coin_models.market.candles import Candles
from coin_models.market.codec import decode, decode_days, encode_day
from coin_models.market.history import LEGACY_KEY, History, day_facts, digest_hex, digest_of, row_of
from coin_models.market.months import month_of
from coin_models.market.timeframe import DAY_MS, Timeframe, day_of_ms, day_start_ms, days_between
from coin_models.storage import keys
from coin_models.storage.object_store import ObjectStore

EARLIER_VERSION: Final = "stored by an earlier version"
_THREADS: Final = 8  # a put to S3 takes 30 to 100 ms; a coin's first 90 days are 90 of them


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CoinDays:
    """Days of one coin, about to be stored."""

    coin: str
    records: Mapping[date, DayRecord]  # what is known of each day
    candles: Mapping[date, Candles]  # of the days whose candles are new


class CandleStore:
    """Candles of one timeframe: objects in a store, and the index that says which of them count.

    Args:
        store: of the objects. database: of the index. timeframe: of every candle. clock: the time now.
        write: what storing does; None: it is done here. Dagster's I/O manager is put in between by it.
    """

    def __init__(
        self,
        store: ObjectStore,
        database: Database,
        timeframe: Timeframe,
        clock: Clock,
        write: Callable[[CoinDays], object] | None = None,
    ) -> None:
        self._store = store
        self._write = write or self.write
        self.timeframe = timeframe
        self.index = CandleIndex(database, timeframe, clock)
        self.files = CandleFiles(database, clock)

    def histories(
        self, coins: Sequence[str], first: date | None = None, last: date | None = None
    ) -> dict[str, History]:
        """What is known of each coin's days, in one query; by whole months, of those that hold `first` to `last`."""
        return self.index.histories(coins, first, last)

    def write_days(self, coin: str, days: Mapping[date, Candles], *, source: str = "written") -> None:
        """Stores the coin's candles of days that are over, whatever is known of them; no candles are an answer too."""
        seen = self.histories([coin], min(days), max(days))[coin]
        records = {}
        for day, part in days.items():
            row = day_facts(part, day, asked_at=int(row_of(seen, day)["asked_at"]) + 1, num_answers=1)
            records[day] = DayRecord(row=row, source=source)
        self.record(coin, records, days)

    def record(self, coin: str, records: Mapping[date, DayRecord], candles: Mapping[date, Candles]) -> None:
        """Stores candles, and what is known of their days.

        Args:
            coin: its name.
            records: what is known of each day.
            candles: of the days whose candles are new; days without candles need no object.

        Raises:
            CandlesRejected: a candle is not of its day or of this timeframe.
        """
        self._write(CoinDays(coin=coin, records=records, candles=candles))

    def write(self, days: CoinDays) -> None:
        """Puts objects, then names them in the index; whatever interrupts this, no row names an absent object."""
        with ThreadPoolExecutor(_THREADS, thread_name_prefix="candle-put") as threads:
            # Encoded here, put there: encoding in the threads only makes them wait for each other.
            # Not flushed to disk one by one: a day that a power cut takes is missed when it is read, and asked for again.
            puts = [
                threads.submit(
                    self._store.put, self._checked_key(days.coin, day, part), encode_day(part), durable=False
                )
                for day, part in days.candles.items()
                if len(part)
            ]
        for put in puts:
            put.result()
        self.index.record(days.coin, days.records)

    def read_range(self, coins: Sequence[str], first: date, last: date) -> dict[str, Candles]:
        """All stored candles of each coin from `first` to `last`, coins read concurrently.

        Raises:
            ObjectDamaged: as `read`, for the first coin that has one; `read_window` keeps it to that coin.
        """
        tables = {}
        for coin, candles in self.read_window(self.histories(coins, first, last), first, last).items():
            if isinstance(candles, ObjectDamaged):
                raise candles
            tables[coin] = candles
        return tables

    def read_window(
        self, histories: Mapping[str, History], first: date, last: date
    ) -> dict[str, Candles | ObjectDamaged]:
        """The candles from `first` to `last` that each coin's history holds; the error where a coin's are damaged."""

        def read(coin: str) -> Candles | ObjectDamaged:
            try:
                return self.read(coin, histories[coin], first, last)
            except ObjectDamaged as error:
                return error

        with ThreadPoolExecutor(_THREADS, thread_name_prefix="candle-read") as threads:
            return dict(zip(histories, threads.map(read, histories), strict=True))

    def read(self, coin: str, history: History, first: date, last: date) -> Candles:
        """One coin's candles of the days from `first` to `last` that its history holds.

        Raises:
            ObjectDamaged: an object is missing, or is not what the index says. That day is then forgotten, so that the
                next run asks the source for it again.
        """
        by_key = {self._key_of(coin, history, index): index for index in _with_candles(history, first, last)}
        objects = self._store.get_many(list(by_key))
        for key, index in by_key.items():
            if key not in objects:
                raise self._lost(coin, history.day(index), f"{key} is not in {self._store.url}")
        try:
            candles = decode_days(((f"{key} in {self._store.url}", objects[key]) for key in by_key), self.timeframe)
        except ObjectDamaged:
            candles = None
        for key, index in by_key.items():
            if candles is None or not _is_as_known(candles, history, index):
                self._check_alone(coin, history, index, key, objects[key])
        if candles is None:
            raise ObjectDamaged(f"the stored candles of {coin} from {first} to {last} contradict each other")
        return candles

    def days_present(self, coin: str, first: date, last: date) -> set[date]:
        """The days from `first` to `last` that are stored, empty ones and those of the version before included."""
        history = self.histories([coin], first, last)[coin]
        stored = {history.day(int(index)) for index in np.flatnonzero(history.num_candles >= 0)}
        return {day for day in stored | set(self._legacy_days(coin).values()) if first <= day <= last}

    def read_day(self, coin: str, day: date) -> Candles:
        """The stored candles of one day, also where the version before stored it and it is not adopted yet.

        Raises:
            ObjectDamaged: as `read`.
        """
        history = self.histories([coin], day, day)[coin]
        key = keys.legacy_candle_day(self.timeframe.name, coin, day)
        objects = {} if row_of(history, day)["num_candles"] >= 0 else self._store.get_many([key])
        return decode(objects[key], self.timeframe) if key in objects else self.read(coin, history, day, day)

    def adopt(self, coin: str, history: History, first: date, last: date) -> bool:
        """Notes the days that the version before stored, of the months of which nothing is known; True if there are any.

        A day whose object is damaged is left out: it is requested from the source again.
        """
        known_months = {month_of(history.day(k)) for k in range(len(history)) if _is_known(history, k)}
        months = {month_of(day) for day in days_between(first, last)} - known_months
        if not months:
            return False
        wanted = {key: day for key, day in self._legacy_days(coin).items() if month_of(day) in months}
        records = {}
        for key, data in self._store.get_many(list(wanted)).items():
            candles = self._decoded(key, data, wanted[key])
            if candles is not None:
                row = day_facts(candles, wanted[key], flags=LEGACY_KEY)
                records[wanted[key]] = DayRecord(row=row, source=EARLIER_VERSION)
        self.index.record(coin, records)
        return bool(records)

    def num_days_to_adopt(self, coin: str) -> int:
        """Days that the version before stored; they are adopted when they are first needed."""
        return len(self._legacy_days(coin))

    def _legacy_days(self, coin: str) -> dict[str, date]:
        """By key, the days that the version before stored."""
        listed = self._store.list(keys.candle_days(self.timeframe.name, coin))
        return {info.key: day for info in listed if (day := keys.legacy_candle_day_of(info.key)) is not None}

    def _decoded(self, key: str, data: bytes, day: date) -> Candles | None:
        try:
            return decode(data, self.timeframe).slice_days(day, day)
        except ObjectDamaged:
            return None

    def _checked_key(self, coin: str, day: date, candles: Candles) -> str:
        ends_ms = candles.open_time_ms[[0, -1]]  # in the order of time: these are enough
        if candles.timeframe != self.timeframe or any(day_of_ms(int(ms)) != day for ms in ends_ms):
            raise CandlesRejected(
                f"{coin} {day}: cannot store {len(candles)} {candles.timeframe.name} candles of "
                f"{', '.join(map(str, candles.days))} as {self.timeframe.name} candles of that day"
            )
        return keys.candle_day(self.timeframe.name, coin, day, digest_hex(day_facts(candles, day)[0]))

    def _key_of(self, coin: str, history: History, index: int) -> str:
        day = history.day(index)
        if history.flags[index] & LEGACY_KEY:
            return keys.legacy_candle_day(self.timeframe.name, coin, day)
        return keys.candle_day(self.timeframe.name, coin, day, digest_hex(history.rows[index]))

    def _check_alone(self, coin: str, history: History, index: int, key: str, data: bytes) -> None:
        """Raises for a day whose object is not what the index says."""
        day = history.day(index)
        alone = self._decoded(key, data, day)
        if alone is None or not _is_as_known(alone, history, index):
            raise self._lost(coin, day, f"{key} in {self._store.url} is damaged")

    def _lost(self, coin: str, day: date, what: str) -> ObjectDamaged:
        self.index.forget(coin, [day])
        return ObjectDamaged(f"{what}: the next run requests {coin} of {day} from the source again")


def _with_candles(history: History, first: date, last: date) -> Iterable[int]:
    start = max(0, first.toordinal() - history.first_day.toordinal())
    end = max(start, last.toordinal() - history.first_day.toordinal() + 1)
    return (int(index) for index in start + np.flatnonzero(history.rows["num_candles"][start:end] > 0))


def _is_known(history: History, index: int) -> bool:
    return bool(history.rows["num_candles"][index] >= 0 or history.rows["flags"][index])


def _is_as_known(candles: Candles, history: History, index: int) -> bool:
    """Whether the candles of this day have the digest that the history has."""
    day = history.day(index)
    start_ms = day_start_ms(day)
    rows = slice(*np.searchsorted(candles.open_time_ms, [start_ms, start_ms + DAY_MS]))
    digest = digest_of(candles.timeframe, day, candles.open_time_ms[rows], candles.ohlcv[rows])
    return digest == bytes(history.rows["digest"][index].tobytes())

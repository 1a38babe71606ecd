"""Makes the index of candles again from the objects in the store.

An object says its day's candles, and so the digest that a model was fitted on. How often and from where the source was
asked is not in it: a day without a gap is not asked for again, one with gaps is, as after its first answer. Days that
the index knows are left as they are, so that calling it again continues.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from coin_models.errors import ObjectDamaged
from coin_models.market.candle_index import CandleIndex, DayRecord
from coin_models.market.codec import decode
from coin_models.market.history import LEGACY_KEY, day_facts, digest_hex, row_of
from coin_models.market.timeframe import Timeframe
from coin_models.storage import keys
from coin_models.storage.object_store import ObjectInfo, ObjectStore
from coin_models.storage.reading import read_each

REBUILT: Final = "found in the store"
"""In place of the name of the source."""
AT_ONCE: Final = 400
"""Days of one coin that are read, and noted in one transaction: 4 MB."""

OnProgress = Callable[[int, int], None]
"""Called as `progress(done, total)`."""


@dataclass(slots=True, kw_only=True)
class RebuiltDays:
    """What was found in the store and noted in the index."""

    num_added: int = 0
    num_existing: int = 0  # known before
    left_out: dict[str, str] = field(default_factory=dict)  # by key, why


def rebuild_days(
    index: CandleIndex, store: ObjectStore, progress: OnProgress, *, at_once: int = AT_ONCE
) -> RebuiltDays:
    """Adds the days that the store has and the index does not know; of several contents of a day the newest counts.

    A day whose newest object is damaged is left out, and so requested from the source by the next run.

    Raises:
        StoreError, DatabaseError: calling it again continues.
    """
    result = RebuiltDays()
    objects = _newest(store.list(keys.candles(index.timeframe.name)))
    total, done = sum(map(len, objects.values())), 0
    for coin, days in objects.items():
        history = index.histories([coin])[coin]
        unknown = [day for day in sorted(days) if row_of(history, day)["num_candles"] < 0]
        result.num_existing += len(days) - len(unknown)
        done += len(days) - len(unknown)
        for start in range(0, len(unknown), at_once):
            progress(done, total)
            batch = unknown[start : start + at_once]
            records = _records(store, [(day, days[day]) for day in batch], index.timeframe, result)
            index.record(coin, records)
            result.num_added += len(records)
            done += len(batch)
    progress(total, total)
    return result


def _newest(objects: Sequence[ObjectInfo]) -> dict[str, dict[date, ObjectInfo]]:
    """By coin and day, the newest object."""
    newest: dict[str, dict[date, ObjectInfo]] = {}
    for info in objects:
        named = keys.candle_day_of(info.key)
        if named is not None:
            coin, day, _ = named
            days = newest.setdefault(coin, {})
            if day not in days or (info.modified, info.key) > (days[day].modified, days[day].key):
                days[day] = info
    return newest


def _records(
    store: ObjectStore, days: Sequence[tuple[date, ObjectInfo]], timeframe: Timeframe, result: RebuiltDays
) -> dict[date, DayRecord]:
    data, problems = read_each(store, [info.key for _, info in days])
    records = {}
    for day, info in days:
        record = _record(day, info, data[info.key], timeframe) if info.key in data else problems[info.key]
        if isinstance(record, str):
            result.left_out[info.key] = record
        else:
            records[day] = record
    return records


def _record(day: date, info: ObjectInfo, data: bytes, timeframe: Timeframe) -> DayRecord | str:
    """What is known of the day, or why its object is left out."""
    try:
        candles = decode(data, timeframe)
    except ObjectDamaged as error:
        return f"it is damaged: {error}"
    named = keys.candle_day_of(info.key)
    digits = named[2] if named else None
    flags = 0 if digits else LEGACY_KEY
    asked_at = int(info.modified.timestamp()) if digits else 0
    row = day_facts(candles, day, asked_at=asked_at, num_answers=1 if digits else 0, flags=flags)
    if len(candles.slice_days(day, day)) != len(candles) or not len(candles):
        return f"it is damaged: its candles are not of {day}"
    if digits and not digest_hex(row).startswith(digits):
        return f"it is damaged: its candles have the digest {digest_hex(row)[:16]}"
    return DayRecord(row=row, source=REBUILT)

"""Compares the stored candles of a coin with its files, where the source has files per coin.

The files completely define their coin: what they do not hold does not exist. A change is noticed by names, sizes and times,
then by digests. After a change every stored day is compared, and the days that differ are stored again. Kept as they are: days
before the first candle (a downloader keeps the newest thousand), and days after the last (a file may be half
written).
"""

import hashlib
import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from coin_models.clock import Clock
from coin_models.errors import CoinModelsError, CoinUnknown
from coin_models.market.asking import Changes, CoinCandles, Request, asked_after, is_same, open_row
from coin_models.market.candle_files import FileFacts
from coin_models.market.candle_index import DayRecord
from coin_models.market.candles import Candles
from coin_models.market.history import LEGACY_KEY, OPEN, History, day_facts, row_of
from coin_models.market.source import FileBacked, FileContent
from coin_models.market.store import CandleStore
from coin_models.market.timeframe import DAY_MS, day_start_ms, days_between
from coin_models.market.top_up_days import note_ended

_log = logging.getLogger(__name__)


def top_up_from_file(
    source: FileBacked,
    candles: CandleStore,
    coin: str,
    history: History,
    last_read: tuple[FileFacts, ...],
    request: Request,
    clock: Clock,
) -> CoinCandles:
    """What is known of the coin once its file was looked at.

    Args:
        source: the folder. candles: where candles are kept. coin: whose.
        history: what is stored of the requested days.
        last_read: the files when they were last looked at.
        request: which days. clock: the time now.

    Raises:
        CandlesRejected: the file cannot be read, by its path. CoinUnknown: there is none, and nothing is stored.
        SourceUnavailable: it could not be read this time.
    """
    days = days_between(request.first, request.last)
    try:
        changed = request.refresh or _has_changed(source, candles, coin, last_read)
        if not changed and all(_is_known(row_of(history, day)) for day in days):
            return CoinCandles(coin=coin, history=history)
        content = source.read_all(coin)
    except CoinUnknown as error:
        note_ended(candles, coin, history, days, "files", int(clock.now().timestamp()), error)
        candles.files.forget(coin)  # if it comes back, it is compared as a whole
        return CoinCandles(coin=coin, history=candles.histories([coin], request.first, request.last)[coin])
    except CoinModelsError as error:
        _note_problem(source, candles, coin, last_read, error)
        raise
    if changed:
        history = candles.histories([coin])[coin]
        stored = {history.day(int(index)) for index in np.flatnonzero(history.num_candles >= 0)}
        days = sorted(stored | set(days))
    changes = _store(candles, coin, history, content, days, int(clock.now().timestamp()))
    candles.files.write({coin: content.facts})
    for remark in content.remarks:
        _log.warning("%s", remark)
    result = candles.histories([coin], request.first, request.last)[coin]
    return CoinCandles(coin=coin, history=result, changed=tuple(changes.changed), added=tuple(changes.added))


def _has_changed(source: FileBacked, candles: CandleStore, coin: str, last_read: tuple[FileFacts, ...]) -> bool:
    stamps = source.stamps(coin)
    if not last_read or any(not facts.sha256 or facts.problem is not None for facts in last_read):
        return True
    before = {facts.stamp: facts for facts in last_read}
    if set(stamps) == set(before):
        return False
    if sorted(stamp.size for stamp in stamps) != sorted(stamp.size for stamp in before):
        return True
    by_digest = {facts.sha256: facts for facts in last_read}
    digests = [before[stamp].sha256 if stamp in before else source.sha256(stamp.path) for stamp in stamps]
    if sorted(digests) != sorted(facts.sha256 for facts in last_read):
        return True
    moved = [replace(by_digest[sha256], stamp=stamp) for stamp, sha256 in zip(stamps, digests, strict=True)]
    candles.files.write({coin: moved})  # touched, or copied elsewhere
    return False


def _is_known(row: Any) -> bool:
    """Whether the day was read from the file; missing candles can only appear after the file changes."""
    return bool(row["num_candles"] >= 0 or row["flags"])


def _note_problem(
    source: FileBacked, candles: CandleStore, coin: str, last_read: tuple[FileFacts, ...], error: CoinModelsError
) -> None:
    try:
        stamps = source.stamps(coin)
    except CoinModelsError:
        stamps = tuple(facts.stamp for facts in last_read)
    named = tuple(stamp for stamp in stamps if stamp.path in str(error)) or stamps
    facts = [FileFacts(stamp=stamp, problem=str(error) if stamp in named else None) for stamp in stamps]
    candles.files.write({coin: facts} if facts else {})


def _store(
    candles: CandleStore, coin: str, history: History, content: FileContent, days: list[date], now: int
) -> Changes:
    name = _name(content.facts)
    changes, records, new = Changes(), {}, {}
    for day, part in _compared(history, content.candles, days):
        row = row_of(history, day)
        if part is None:
            records[day] = DayRecord(row=open_row(row, now, OPEN), source=name)
            continue
        facts = day_facts(part, day, asked_at=asked_after(row, now), num_answers=1)
        if is_same(row, facts[0]):
            if row["asked_at"]:
                continue
            facts["flags"] = row["flags"] & LEGACY_KEY
        else:
            new[day] = part
            changes.note(day, row)
        records[day] = DayRecord(row=facts, source=name)
    candles.record(coin, records, new)
    return changes


def _name(facts: Sequence[FileFacts]) -> str:
    """What a day's source is called: the file with its digest, or the number of files with the digest of their digests."""
    last = Path(facts[-1].stamp.path).name
    if len(facts) == 1:
        return f"file {last} sha256:{facts[0].sha256[:16]}"
    content = hashlib.sha256("".join(sorted(file.sha256 for file in facts)).encode())
    return f"{len(facts)} files, the last {last}, sha256:{content.hexdigest()[:16]}"


def _compared(history: History, candles: Candles, days: list[date]) -> Iterator[tuple[date, Candles | None]]:
    """Of each day on which the file has a say, its candles; None where it has not shown the day's end."""
    first_ms = int(candles.open_time_ms[0]) if len(candles) else 0
    shown_until_ms = int(candles.open_time_ms[-1]) + candles.timeframe.ms if len(candles) else 0
    for day in days:
        row = row_of(history, day)
        end_ms = day_start_ms(day) + DAY_MS
        if end_ms > shown_until_ms:
            if row["num_candles"] < 0:
                yield day, None
        elif row["num_candles"] <= 0 or first_ms <= day_start_ms(day) + int(row["first_open_ms"]):
            yield day, candles.slice_days(day, day)

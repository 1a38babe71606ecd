"""Requests a coin's insufficiently known days from a source, and stores the answers.

Sources with a file per coin are handled in `top_up_files`.

A candle that one answer leaves out and another gives exists: a page that was cut to its last 100 rows was once stored
as 400 missing candles for ever. Where two answers differ in a candle, the newer one counts.
"""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from coin_models.clock import Clock
from coin_models.errors import CoinDelisted, CoinUnknown, ObjectDamaged
from coin_models.market.asking import (
    Changes,
    CoinCandles,
    Request,
    asked_after,
    is_due,
    is_same,
    open_row,
    runs,
)
from coin_models.market.candle_index import DayRecord
from coin_models.market.candles import Candles, empty_candles
from coin_models.market.history import ENDED, LEGACY_KEY, OPEN, SUBSTITUTE, History, Rows, day_facts, row_of
from coin_models.market.source import Answer, AnswersInFull, CandleSource
from coin_models.market.store import CandleStore
from coin_models.market.substitutes import Replaced, days_of_first, nearest_day
from coin_models.market.timeframe import DAY_MS, day_start_ms, days_between

_log = logging.getLogger(__name__)


def top_up_days(
    source: CandleSource, candles: CandleStore, coin: str, history: History, request: Request, clock: Clock
) -> CoinCandles:
    """What is known of the coin once the source was requested the days that are due.

    Args:
        source: where candles come from. candles: where they are kept. coin: whose.
        history: what is stored of the days that are requested.
        request: which days. clock: the time now.

    Raises:
        SourceUnavailable, SourceRefused, CandlesRejected: from the source. StoreError: from the store.
        CoinUnknown: the source has no such coin, and nothing is stored of it.
    """
    now = int(clock.now().timestamp())
    days = days_between(request.first, request.last)
    due = [day for day in days if request.refresh or is_due(history, day, now)]
    changes = Changes()
    try:
        for first, last in runs(due):
            answer = answer_of(source, candles, coin, history, first, last)
            _keep(
                _Run(source=source.name, candles=candles, coin=coin, history=history, now=now),
                answer,
                first,
                last,
                changes,
            )
    except (CoinDelisted, CoinUnknown) as error:
        note_ended(candles, coin, history, due, source.name, now, error)
    if not due:
        return CoinCandles(coin=coin, history=history)
    updated = candles.histories([coin], request.first, request.last)[coin]
    return CoinCandles(coin=coin, history=updated, changed=tuple(changes.changed), added=tuple(changes.added))


def answer_of(
    source: CandleSource, candles: CandleStore, coin: str, history: History, first: date, last: date
) -> Answer:
    """The source's answer about the days `first` to `last`; a source of candles alone shows what it has.

    Raises:
        MarketError: from the source.
    """
    if isinstance(source, AnswersInFull):
        return source.ask(coin, first, last, lambda: _known_near(candles, coin, history, first))
    fetched = source.fetch(coin, first, last)
    return Answer(candles=fetched, shown_until_ms=_end_ms(fetched))


def _known_near(candles: CandleStore, coin: str, history: History, first: date) -> Candles:
    """The candles of the stored day nearest to this one that no substitute gave; empty where there is none at all."""
    day = nearest_day(days_of_first(history), first)
    if day is None:
        history = candles.histories([coin])[coin]  # days outside of what is requested
        day = nearest_day(days_of_first(history), first)
    return empty_candles(candles.timeframe) if day is None else _stored(candles, coin, history, day)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Run:
    """What an answer is kept with."""

    source: str
    candles: CandleStore
    coin: str
    history: History
    now: int  # UTC epoch seconds


def _keep(run: _Run, answer: Answer, first: date, last: date, changes: Changes) -> None:
    """Stores what is known of a run of days once they were asked for."""
    shown_until_ms = max(answer.shown_until_ms, _end_ms(answer.candles), _known_until_ms(run.history))
    records: dict[date, DayRecord] = {}
    new: dict[date, Candles] = {}
    replaced = Replaced()
    for day in days_between(first, last):
        row, origin = row_of(run.history, day), answer.origins.get(day, run.source)
        if row["num_candles"] < 0 and day_start_ms(day) + DAY_MS > shown_until_ms:
            flag = OPEN if answer.end is None else ENDED
            records[day] = DayRecord(row=open_row(row, run.now, flag), source=origin)
            continue
        if answer.is_substitute and row["num_candles"] >= 0 and not row["flags"] & SUBSTITUTE:
            continue  # what the first exchange gave stays
        merged = _merged(run, day, row, answer, replaced)
        records[day] = DayRecord(row=_answered(row, merged, day, run.now, _flags(answer, day)), source=origin)
        if not is_same(row, records[day].row[0]):
            new[day] = merged
            changes.note(day, row)
    if replaced.days:
        origin = replaced.origin(run.source)
        _log.warning("%s, %d days from %s: %s", run.coin, len(replaced.days), replaced.days[0], origin)
        records.update({day: DayRecord(row=records[day].row, source=origin) for day in replaced.days})
    run.candles.record(run.coin, records, new)
    counts = {"num_days": len(records), "num_new": len(new)}
    _log.info("fetched candles", extra={"coin": run.coin, "source": run.source, "first": first, "last": last, **counts})


def _merged(run: _Run, day: date, row: Any, answer: Answer, replaced: Replaced) -> Candles:
    """The stored candles with the answer's; a substitute's are replaced as a whole by the first exchange's."""
    given, stored = answer.candles.slice_days(day, day), _stored(run.candles, run.coin, run.history, day)
    if row["flags"] & SUBSTITUTE and not answer.is_substitute and len(given):
        index = run.history.index_of(day)
        replaced.note(day, run.history.source_of(index) if index is not None else "", stored, given)
        return given
    return _united(stored, given)


def _flags(answer: Answer, day: date) -> int:
    is_last = answer.end is not None and answer.end.last_day == day
    return (ENDED if is_last else 0) | (SUBSTITUTE if answer.is_substitute else 0)


def _answered(row: Any, candles: Candles, day: date, now: int, flags: int) -> Rows:
    facts = day_facts(candles, day, asked_at=asked_after(row, now), num_answers=1, flags=flags)
    if is_same(row, facts[0]):
        facts["num_answers"] = min(255, int(row["num_answers"]) + 1)
        facts["flags"] |= row["flags"] & LEGACY_KEY
    return facts


def _stored(candles: CandleStore, coin: str, history: History, day: date) -> Candles:
    try:
        return candles.read(coin, history, day, day)
    except ObjectDamaged as error:
        _log.warning("%s", error)
        return empty_candles(candles.timeframe)


def _united(old: Candles, new: Candles) -> Candles:
    """The candles of both; where they differ, those of `new`."""
    kept = ~np.isin(old.open_time_ms, new.open_time_ms)
    times = np.concatenate([old.open_time_ms[kept], new.open_time_ms])
    values = np.concatenate([old.ohlcv[kept], new.ohlcv])
    order = np.argsort(times)
    return Candles(timeframe=new.timeframe, open_time_ms=times[order], ohlcv=values[order])


def _end_ms(candles: Candles) -> int:
    """When the last candle closes, UTC epoch milliseconds; 0 without candles."""
    return int(candles.open_time_ms[-1]) + candles.timeframe.ms if len(candles) else 0


def _known_until_ms(history: History) -> int:
    """The start of the last day with stored candles: everything before it has been shown."""
    listed = np.flatnonzero(history.num_candles > 0)
    return day_start_ms(history.day(int(listed[-1]))) if len(listed) else 0


def note_ended(
    candles: CandleStore,
    coin: str,
    history: History,
    due: Iterable[date],
    source: str,
    now: int,
    error: CoinDelisted | CoinUnknown,
) -> None:
    """Notes that the source has the coin no longer; an unknown coin of which nothing is stored stays an error."""
    if isinstance(error, CoinUnknown) and not days_of_first(candles.histories([coin])[coin]):
        raise error
    missing = {day: row for day in due if (row := row_of(history, day))["num_candles"] < 0}
    if any(not row["flags"] & ENDED for row in missing.values()):
        _log.warning("%s; %d days of %s are noted as after its end", error, len(missing), coin)
    rows = {day: DayRecord(row=open_row(row, now, ENDED), source=source) for day, row in missing.items()}
    candles.record(coin, rows, {})

"""The library of shapes on a day: the previous library without expired shapes, with those of the new day's windows.

The library of day D is a function of the newest earlier library and of the candles up to the end of D: running D
again gives the same library. Shapes belong to no coin: one found in BTC is searched in all coins, and its record is
kept per coin and over all of them. Coins are read one at a time, so memory does not grow with their windows.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol

import numpy as np

from coin_models.market.timeframe import datetime_of_ms, day_of_ms, day_start_ms
from coin_models.settings.trading import TradingSettings
from coin_models.trading.patterns.candidates import Candidates
from coin_models.trading.patterns.discovery import Shapes
from coin_models.trading.patterns.library import Library, NearPattern, Pattern, PatternTrade
from coin_models.trading.patterns.occurrences import Occurrences, find_occurrences, last_ms, num_matches
from coin_models.trading.patterns.records import Record, make_records
from coin_models.trading.patterns.windows import CoinWindows

_NEAREST = 3  # patterns reported per coin
_DRAFTS_PER_PLACE = 2  # new shapes that are looked for everywhere, for each place that the library has for one


class WindowSource(Protocol):
    """The windows of every coin, coin after coin, as often as they are wanted: a list, or what reads them."""

    def __len__(self) -> int: ...

    def __iter__(self) -> Iterator[CoinWindows]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class _Draft:
    """A shape before its record is known."""

    id: str
    found_in: str
    found_on: date
    unit: Shapes  # (m,)
    first_seen: datetime | None = None


@dataclass(slots=True, kw_only=True)
class _FirstReading:
    """What the first reading of all coins leaves: the established shapes' occurrences, candidates, the last windows."""

    occurrences: list[Occurrences]
    last_windows: dict[str, Shapes]  # (m,) of each coin that has one on the day
    candidates: Candidates
    places: int  # in the library, that no established shape holds


def update_library(
    previous: Library | None,
    day: date,
    windows: WindowSource,
    settings: TradingSettings,
    *,
    length: int,
    horizon: int,
    trades: Iterable[PatternTrade] = (),
) -> Library:
    """The library at the end of `day`.

    Args:
        previous: the newest library of an earlier day; None: the whole window is searched for motifs, once.
        windows: each coin's windows over the recent `pattern_window_days`, none ending after `day`. Read once, and a
            second time where new shapes have a place to take; one coin is in memory at a time.
        length: candles per window.
        horizon: candles of the outcome, for the trades that belong to an occurrence.
        trades: shadow trades of the same days.

    Raises:
        ValueError: the previous library is not of an earlier day, or windows end after the day.
    """
    if previous is not None and previous.day >= day:
        raise ValueError(f"the library of {day} cannot follow one of {previous.day}")
    before = previous.patterns if previous else ()
    established = [_draft(pattern) for pattern in before if len(pattern.shape) == length]
    first_ms = day_start_ms(previous.day + timedelta(days=1)) if previous else 0
    shapes = _stack(established, length)
    reading = _read_once(windows, shapes, Candidates(shapes, day, first_ms, len(windows), settings), day, settings)
    new = [
        _Draft(id=one.id, found_in=one.found_in, found_on=day, unit=one.unit)
        for one in reading.candidates.best(_DRAFTS_PER_PLACE * reading.places)
    ]
    shapes = _stack(new, length)
    found_new = [find_occurrences(one, shapes, settings.pattern_min_correlation) for one in windows] if new else []
    sighted = _sighted(established, reading.occurrences) + _sighted(new, found_new)
    kept = _keep(sighted, day, settings)
    records = make_records(
        [one.occurrences for one in kept], trades, min_matches=settings.pattern_min_matches, horizon=horizon
    )
    patterns = [_pattern(one, record) for one, record in zip(kept, records, strict=True)]
    return Library(day=day, patterns=tuple(patterns), nearest=tuple(_nearest(patterns, reading.last_windows, settings)))


def _read_once(
    windows: WindowSource, shapes: Shapes, candidates: Candidates, day: date, settings: TradingSettings
) -> _FirstReading:
    reading = _FirstReading(occurrences=[], last_windows={}, candidates=candidates, places=settings.pattern_limit)
    seen = np.zeros(len(shapes), dtype=bool)
    for one in windows:
        last_day = day_of_ms(int(one.end_ms[-1]) - 1) if len(one) else None
        if last_day is not None and last_day > day:
            raise ValueError(f"windows of {one.coin} end after {day}: a library must not look ahead")
        if last_day == day:
            reading.last_windows[one.coin] = one.unit[-1].copy()
        here = find_occurrences(one, shapes, settings.pattern_min_correlation)
        reading.occurrences.append(here)
        seen |= here.last_ms > day_start_ms(day)
        reading.places = settings.pattern_limit - int(seen.sum())
        if reading.places > 0:  # else the established stay, and nothing that is new gets in
            candidates.add(one)
    return reading


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sighted:
    """A draft that occurs, where it does, and when last."""

    draft: _Draft
    occurrences: Sequence[Occurrences]  # of each coin
    num_matches: int
    last_ms: int


def _draft(pattern: Pattern) -> _Draft:
    unit = np.array(pattern.shape, dtype=np.float32)
    return _Draft(
        id=pattern.id,
        found_in=pattern.found_in,
        found_on=pattern.found_on,
        unit=unit / np.linalg.norm(unit),
        first_seen=pattern.first_seen,
    )


def _sighted(drafts: Sequence[_Draft], coins: Sequence[Occurrences]) -> list[_Sighted]:
    counts, newest = num_matches(coins, len(drafts)), last_ms(coins, len(drafts))
    return [
        _Sighted(
            draft=draft,
            occurrences=[one.of(k) for one in coins],
            num_matches=int(counts[k]),
            last_ms=int(newest[k]),
        )
        for k, draft in enumerate(drafts)
        if counts[k]
    ]


def _keep(sighted: Sequence[_Sighted], day: date, settings: TradingSettings) -> list[_Sighted]:
    """Leaves out what has not been seen for `pattern_expiry_days`; when full, the older sightings, then the newer finds."""
    oldest_ms = day_start_ms(day + timedelta(days=1 - settings.pattern_expiry_days))
    alive = [one for one in sighted if one.last_ms > oldest_ms]
    alive.sort(key=lambda one: (one.draft.found_on, -one.num_matches, one.draft.id))
    alive.sort(key=lambda one: day_of_ms(one.last_ms - 1), reverse=True)  # stable: the established stay
    return sorted(alive[: settings.pattern_limit], key=lambda one: one.draft.id)


def _pattern(sighted: _Sighted, record: Record) -> Pattern:
    draft = sighted.draft
    first_seen = datetime_of_ms(min(int(one.end_ms[0]) for one in sighted.occurrences if len(one)))
    return Pattern(
        id=draft.id,
        found_in=draft.found_in,
        found_on=draft.found_on,
        shape=tuple(float(value) for value in draft.unit * len(draft.unit) ** 0.5),
        first_seen=min(first_seen, draft.first_seen or first_seen),
        last_seen=datetime_of_ms(sighted.last_ms),
        outcome=record.outcome,
        outcome_by_coin=record.outcome_by_coin,
        num_trades=record.num_trades,
        trades_pnl_usd=record.trades_pnl_usd,
    )


def _nearest(
    patterns: Sequence[Pattern], last_windows: Mapping[str, Shapes], settings: TradingSettings
) -> list[NearPattern]:
    if not patterns:
        return []
    shapes = np.stack([_draft(pattern).unit for pattern in patterns])
    near = []
    for coin, window in last_windows.items():
        correlations = shapes @ window
        order = np.argsort(-correlations, kind="stable")[:_NEAREST]
        near += [
            NearPattern(
                coin=coin,
                rank=rank,
                pattern_id=patterns[k].id,
                correlation=float(correlations[k]),
                active=bool(correlations[k] >= settings.pattern_min_correlation),
            )
            for rank, k in enumerate(order, start=1)
        ]
    return near


def _stack(drafts: Sequence[_Draft], length: int) -> Shapes:
    return np.stack([draft.unit for draft in drafts]) if drafts else np.empty((0, length), np.float32)

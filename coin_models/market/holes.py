"""Where candles are missing, and a picture of the days they are missing from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Final

import numpy as np

from coin_models.market.candles import Candles
from coin_models.market.timeframe import Timeframe, datetime_of_ms, day_start_ms

_EIGHTHS: Final = "▁▂▃▄▅▆▇"
WHOLE: Final = "█"
EMPTY: Final = "·"
NOT_STORED: Final = " "
LEGEND: Final = f"{WHOLE} whole day   ▁ to ▇ part of it   {EMPTY} no candle   blank: not stored"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hole:
    """Candles missing in a row."""

    start: datetime  # UTC, when the first missing candle would have opened
    end: datetime  # UTC, when the last missing one would have closed
    num_candles: int


def find_holes(candles: Candles) -> tuple[Hole, ...]:
    """The holes between the first and the last candle, oldest first."""
    times, step = candles.open_time_ms, candles.timeframe.ms
    before = np.flatnonzero(np.diff(times) > step)
    return tuple(
        Hole(
            start=datetime_of_ms(int(times[k]) + step),
            end=datetime_of_ms(int(times[k + 1])),
            num_candles=int((times[k + 1] - times[k]) // step) - 1,
        )
        for k in before
    )


def holes_of_days(days: Mapping[date, Candles], timeframe: Timeframe, first_open_ms: int) -> tuple[Hole, ...]:
    """The holes of incomplete days, oldest first; a hole that spans midnight is one hole.

    Args:
        days: the candles of each incomplete day, perhaps none. timeframe: of them.
        first_open_ms: of the coin's first candle, UTC epoch milliseconds; before it nothing is missing.
    """
    grid = np.arange(timeframe.candles_per_day, dtype=np.int64) * timeframe.ms
    missing = [np.setdiff1d(day_start_ms(day) + grid, days[day].open_time_ms) for day in sorted(days)]
    times = np.concatenate([np.empty(0, np.int64), *missing])
    times = times[times > first_open_ms]
    runs = np.split(times, np.flatnonzero(np.diff(times) > timeframe.ms) + 1) if len(times) else []
    return tuple(
        Hole(start=datetime_of_ms(int(run[0])), end=datetime_of_ms(int(run[-1]) + timeframe.ms), num_candles=len(run))
        for run in runs
    )


def coverage_lines(first_day: date, counts: Sequence[int], num_expected: int) -> list[str]:
    """A line for each month, a mark for each day.

    Args:
        first_day: of the days. counts: candles of each day; -1 where the day is not stored.
        num_expected: candles of a whole day.
    """
    start = first_day.toordinal()
    days = [(date.fromordinal(start + k), int(count)) for k, count in enumerate(counts)]
    lines = []
    for month, group in groupby(days, key=lambda item: item[0].replace(day=1)):
        part = list(group)
        marks = "".join(_mark(count, num_expected) for _, count in part)
        lines.append(f"{month:%Y-%m} {' ' * (part[0][0].day - 1)}{marks}".rstrip())
    return lines


def _mark(count: int, num_expected: int) -> str:
    if count < 0:
        return NOT_STORED
    if count == 0:
        return EMPTY
    if count >= num_expected:
        return WHOLE
    return _EIGHTHS[min(len(_EIGHTHS) - 1, count * 8 // num_expected)]

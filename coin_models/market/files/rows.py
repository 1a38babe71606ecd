"""The one place where a row of a file becomes a candle or a counted non-candle; anything else refuses the file.

| row | result |
|---|---|
| six good values | a candle, in any order of the rows |
| no prices (`NaN`, empty: nothing was traded), no volume, or zeros alone | left out: a missing candle |
| the same time and values as a row before | left out |
| the same time, and the later row contains it: opens alike, reaches as far, has more volume | was still forming, left out |
| the newest, and the file was written before it closed, or it opens off the grid | still forming, left out |
| the last line without a line end, with nothing that proves it whole | may be cut, left out |
| nothing but separators; the header again | left out |
| the same time as another, and neither contains the other | refuses the file: nothing says which is right |
| a price of zero beside others, high below low, one price of four missing | refuses the file |
| a damaged number (`13.444.400.024`) or time | refuses the file |
| off the timeframe's grid, or candles of another length (1m or 1h candles read as 5m) | refuses the file |
| dates without a zone that lie after the file was written or after now | refuses the file: they are local time |
| any time more than a day after now; rows of another coin or of several, by a column of symbols | refuses the file |
| none of the rows is a candle, or there is none | the file is empty; a coin has at least one that is not |
| without a header, a sixth value between low and high in every row | refuses the file: a mean price, not the volume |

A refused file is refused as a whole: a history with a silently missing piece is worse than none.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

from coin_models.errors import CandlesRejected
from coin_models.market.candles import (
    CLOSE,
    VOLUME,
    Candles,
    TimesMs,
    Values,
    find_problem,
)  # fmt: skip
from coin_models.market.files.columns import day_and_clock, refuse_price_as_volume, time_columns, value_columns
from coin_models.market.files.forming import Mask, contains, is_newest_first, superseded
from coin_models.market.files.labels import refuse_other_labels
from coin_models.market.files.limits import QUOTED_LENGTH, quoted
from coin_models.market.files.numerals import plain_numerals
from coin_models.market.files.outcomes import FileTimes, LeftOut, Reason, RowsRead, rejected, utc
from coin_models.market.files.spacing import refuse_other_length
from coin_models.market.files.tables import Table
from coin_models.market.files.times import Times, has_clock, is_missing, joined_texts, numbers_of, read_times
from coin_models.market.timeframe import DAY_MS, Timeframe

_MAX_NAMED: Final = 12  # columns of a file, in a sentence
_MAX_OFFSET_MS: Final = 14 * 3_600_000  # the time zone that is furthest ahead, Kiritimati


class _Rows:
    """The rows of a table, with what has been found of each: still in question, or left out for a reason."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.open: Mask = np.ones(len(table.frame), dtype=bool)  # still in question
        self.times_ms: Values = np.full(len(table.frame), np.nan)  # (N,)
        self.values: Values = np.full((len(table.frame), 5), np.nan)  # (N, 5)
        self.left_out: list[LeftOut] = []

    def leave_out(self, reason: Reason, bad: Mask) -> None:
        """Counts those of the marked rows that are in question, and asks about them no more."""
        indexes = np.flatnonzero(bad & self.open)
        if len(indexes):
            first = f"{self.table.row_word} {self.table.numbers[indexes[0]]}"
            self.left_out.append(LeftOut(reason=reason, num_rows=len(indexes), first=first))
            self.open[indexes] = False


def read_rows(table: Table, coin: str, timeframe: Timeframe, file_times: FileTimes) -> RowsRead:
    """The candles of a table, and the rows that are none.

    Args:
        table: as its format gave it. coin: base asset. timeframe: of its candles.
        file_times: when the file was written, and now.

    Raises:
        CandlesRejected: a row can be neither: file, line, reason.
    """
    places = value_columns(table.names, coin)
    if isinstance(places, str):
        raise CandlesRejected(f"{table.path} {places}; found {_named(table)}")
    rows = _Rows(table)
    _leave_out_no_rows(rows)
    refuse_other_labels(table, rows.open, coin)
    times, used = _find_times(table)
    last_used = max(*used, *places.values())
    _leave_out_cut(rows, times, used, last_used)
    table.refuse_short_lines(rows.open, last_used)
    _leave_out_missing(rows, times, used, places)
    _refuse_local_time(rows, times, file_times)
    _refuse_future(rows, file_times)
    _leave_out_forming(rows, timeframe, file_times)
    order = _in_order(rows)
    times_ms, values = rows.times_ms[order].astype(np.int64), rows.values[order]
    refuse_other_length(table.path, times_ms, timeframe)
    refuse_price_as_volume(table.path, table.names, values)
    problem = find_problem(times_ms, values, timeframe)
    if problem is not None:
        row, reason = problem
        raise rejected(table.path, f"{table.where(order[row])} ({utc(times_ms[row])}): {reason}{_guess(table)}")
    candles = Candles(timeframe=timeframe, open_time_ms=times_ms, ohlcv=values)
    note = _note_on_zone(times, candles)
    return RowsRead(candles=candles, num_rows=len(table.frame), left_out=tuple(rows.left_out), note=note)


def _leave_out_no_rows(rows: _Rows) -> None:
    frame, names = rows.table.frame, rows.table.names
    if not len(frame):
        return
    empty = is_missing(frame[0])
    for k in frame.columns[1:]:
        empty[empty] = is_missing(frame[k][empty])
    rows.leave_out(Reason.EMPTY, empty)
    if names is not None and rows.table.row_word == "line":
        again = np.ones(len(frame), dtype=bool)
        for column, name in enumerate(names):
            again[again] = (frame[column][again].str.strip() == name.strip()).to_numpy(bool)
            if not again.any():
                break
        rows.leave_out(Reason.HEADER, again)


def _find_times(table: Table) -> tuple[Times, tuple[int, ...]]:
    """The times of all rows, and the columns they are of: the first column, or two, that hold the most of them."""
    pair = day_and_clock(table.names)
    candidates = time_columns(table.names)
    if not candidates:
        raise CandlesRejected(f"{table.path} has no column of time; found {_named(table)}")
    best: tuple[Times, tuple[int, ...]] | None = None
    for place in candidates:
        used: tuple[int, ...] = (place,)
        column = table.frame[place]
        if pair is not None and place in pair and has_clock(table.frame[pair[1]]):
            used, column = pair, joined_texts(table.frame[pair[0]], table.frame[pair[1]])
        times = read_times(column)
        if best is None or np.isnan(times.ms).sum() < np.isnan(best[0].ms).sum():
            best = times, used
        if not np.isnan(times.ms).any():
            break
    if best is None:
        raise CandlesRejected(f"{table.path} has no column of time")
    return best


def _leave_out_cut(rows: _Rows, times: Times, used: tuple[int, ...], last_used: int) -> None:
    """Leaves out a last line that may be cut, and what it came to replace: an earlier row of its time."""
    num_closed = rows.table.num_closed
    if num_closed is None or last_used < num_closed:
        return
    last = np.zeros(len(rows.open), dtype=bool)
    last[-1] = True
    same = times.ms == times.ms[-1]
    if max(used) < num_closed:
        rows.leave_out(Reason.FORMING, same & ~last)
    rows.leave_out(Reason.CUT, same | last)  # a time that may be cut says less, and no candle is kept on its word


def _leave_out_missing(rows: _Rows, times: Times, used: tuple[int, ...], places: dict[str, int]) -> None:
    """Leaves out what is no candle by its values; refuses what is no number and no time."""
    columns = plain_numerals([rows.table.frame[k] for k in places.values()])
    rows.times_ms = times.ms
    rows.values = np.column_stack([numbers_of(column) for column in columns]).reshape(-1, 5)
    missing = np.column_stack([is_missing(column) for column in columns]).reshape(-1, 5)
    no_price, no_volume = missing[:, :VOLUME], missing[:, VOLUME]
    is_zero = rows.values == 0
    kinds = {
        Reason.NO_PRICES: no_price.all(axis=1),
        Reason.ALL_ZERO: is_zero[:, :VOLUME].all(axis=1) & (is_zero[:, VOLUME] | no_volume),
        Reason.NO_VOLUME: ~no_price.any(axis=1) & no_volume,
    }
    with_time = ~np.isnan(times.ms)
    no_candle = np.logical_or.reduce(list(kinds.values())) & with_time
    _refuse_defects(rows, used, places, ~no_candle & rows.open)
    rows.leave_out(Reason.FORMING, superseded(rows.times_ms, rows.values, kinds[Reason.NO_VOLUME] & with_time))
    for reason, bad in kinds.items():
        rows.leave_out(reason, bad & with_time)


def _named(table: Table) -> str:
    return ", ".join(name[:QUOTED_LENGTH] for name in (table.names or [])[:_MAX_NAMED])


def _refuse_defects(rows: _Rows, used: tuple[int, ...], places: dict[str, int], asked: Mask) -> None:
    """Refuses values that are no time and no number; all columns' first defects in one sentence."""
    table = rows.table
    checks = [("time", used[0], np.isnan(rows.times_ms), "no epoch and no ISO date")]
    checks += [
        (name, place, np.isnan(rows.values[:, k]), "no number") for k, (name, place) in enumerate(places.items())
    ]
    defects = []
    for name, place, bad, what in checks:
        indexes = np.flatnonzero(bad & asked)
        if len(indexes):
            value = quoted(table.frame[place].iloc[indexes[0]])
            defects.append(f"{table.where(indexes[0])}: {name} {value} is {what} ({len(indexes)} such rows)")
    if defects:
        raise rejected(table.path, "; ".join(defects))


def _refuse_local_time(rows: _Rows, times: Times, file_times: FileTimes) -> None:
    """Dates that say no zone count as UTC; refuses them where they cannot be."""
    path = rows.table.path
    if times.num_zoneless and times.num_zoned:
        raise rejected(
            path, f"{times.num_zoned} dates say a time zone and {times.num_zoneless} do not: those may be local time"
        )
    if not times.num_zoneless or not rows.open.any():
        return
    newest = float(rows.times_ms[rows.open].max())
    for limit_ms, what in ((file_times.written_ms, "the file was written"), (file_times.now_ms, "now")):
        if 0 < newest - limit_ms <= _MAX_OFFSET_MS:
            raise rejected(
                path,
                f"its dates say no time zone, and the newest ({utc(int(newest))}) is later than {what} "
                f"({utc(limit_ms)}): they are local time; write them in UTC or with their zone",
            )


def _refuse_future(rows: _Rows, file_times: FileTimes) -> None:
    """Refuses times that no candle can have yet, such as `20240815000000` taken for an epoch or a year that was mistyped."""
    late = rows.open & (rows.times_ms > file_times.now_ms + DAY_MS)
    if late.any():
        first = int(late.argmax())
        raise rejected(
            rows.table.path,
            f"{rows.table.where(first)} opens at {utc(int(rows.times_ms[first]))}, which is later than now "
            f"({utc(file_times.now_ms)}; {int(late.sum())} such rows)",
        )


def _note_on_zone(times: Times, candles: Candles) -> str:
    """What is supposed about dates without a zone, and what speaks against it; empty for all others."""
    if not times.num_zoneless or not len(candles):
        return ""
    first_ms, end_ms = int(candles.open_time_ms[0]), int(candles.open_time_ms[-1]) + candles.timeframe.ms
    shifted_ms = first_ms % DAY_MS
    note = "its dates say no time zone and count as UTC"
    if shifted_ms and (end_ms - first_ms) % DAY_MS == 0:
        note += f"; it begins and ends at {utc(first_ms)[-9:]}, as whole days of local time would"
    return note


def _leave_out_forming(rows: _Rows, timeframe: Timeframe, file_times: FileTimes) -> None:
    """Leaves out the newest row where it was written before its candle closed, or carries the time of writing."""
    if not rows.open.any():
        return
    times = np.where(rows.open, rows.times_ms, -np.inf)
    newest = times.max()
    off_grid = (rows.times_ms % timeframe.ms != 0) & rows.open
    was_open = newest <= file_times.written_ms < newest + timeframe.ms
    is_time_of_writing = rows.open.sum() > 2 and off_grid.sum() == 1 and bool(off_grid[int(times.argmax())])
    if was_open or is_time_of_writing:
        rows.leave_out(Reason.FORMING, times == newest)


def _in_order(rows: _Rows) -> npt.NDArray[np.int64]:
    """The rows in question by time, each time once: of two rows the one that was written later, if it contains the other."""
    written = np.flatnonzero(rows.open)
    if is_newest_first(rows.times_ms[written]):
        written = written[::-1]  # newest first: what stands above was written later
    order = written[np.argsort(rows.times_ms[written], kind="stable")]
    earlier, later = order[:-1], order[1:]
    again = rows.times_ms[earlier] == rows.times_ms[later]
    equal = again & (rows.values[earlier] == rows.values[later]).all(axis=1)
    replaced = again & ~equal & contains(rows.values[later], rows.values[earlier])
    _refuse_differing(rows, earlier, later, again & ~equal & ~replaced)
    for reason, pairs in ((Reason.REPEATED, equal), (Reason.REPLACED, replaced)):
        marked = np.zeros(len(rows.open), dtype=bool)
        marked[earlier[pairs]] = True
        rows.leave_out(reason, marked)
    return order[rows.open[order]]


def _refuse_differing(rows: _Rows, earlier: TimesMs, later: TimesMs, differing: Mask) -> None:
    if not differing.any():
        return
    table, k = rows.table, int(differing.argmax())
    first, second = sorted((int(earlier[k]), int(later[k])))
    raise rejected(
        table.path,
        f"{int(differing.sum())} candles are there twice with differing values, such as "
        f"{utc(int(rows.times_ms[first]))}: {table.where(first)} closes at {rows.values[first, CLOSE]}, "
        f"{table.row_word} {table.numbers[second]} at {rows.values[second, CLOSE]}",
    )


def _guess(table: Table) -> str:
    """What was supposed where a file has no header, for the sentence of a refusal."""
    return "" if table.names is not None else " (without a header: time, open, high, low, close, volume)"

"""Reads candle files of other programs, where that is safe; otherwise the error has file, line and reason.

| found in a file | what is done |
|---|---|
| other column names, upper or lower case; `Volume BTC` beside `Volume USDT` | recognised; the base asset's volume is read |
| lines before the header (a URL, "Created on ...") | skipped, up to `MAX_JUNK_LINES` |
| lines that end in LF, CR LF or CR | read |
| comma, semicolon, tab or bar as separator | recognised in the header |
| epochs in s, ms, us or ns, mixed in one column | told apart by magnitude, which is unambiguous from 1973 to 5138 |
| ISO dates, with or without a time zone | read; UTC when none is said |
| other dates (`29-04-13`, `12/31/2020`) | refused: day and month cannot be told apart safely |
| newest first, or any order | sorted |
| missing rows, zero volume, frozen prices, wicks | read as they are; `quality` counts them |
| rows repeated with equal values | read once |
| rows repeated with differing values | refused: nothing says which is right |
| a price of zero, high below low, a damaged number (`13.444.400.024`), an empty field | refused |
| a timestamp off the timeframe's grid, or a coarser file (1h candles read as 5m) | refused |

A refused file is refused as a whole: a history with a silently missing piece is worse than none.
"""

import csv
import gzip
import io
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, cast

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from coin_models.errors import CandlesRejected, SourceRefused, SourceUnavailable
from coin_models.market.candles import COLUMNS, Candles, TimesMs, Values, empty_candles, find_problem
from coin_models.market.timeframe import Timeframe, datetime_of_ms

MAX_JUNK_LINES: Final = 5
_TIME_NAMES: Final = (
    "ts", "unix", "unix_timestamp", "timestamp", "open_time", "opentime", "time", "datetime", "date", "open_time_ms",
    "date_utc", "timestamp_ms", "start", "start_time",
)  # fmt: skip  # epochs before dates: a file that has both often has the date without a time zone
_PRICE_NAMES: Final = {name: (name, name[0], f"{name}_price", f"price_{name}") for name in COLUMNS[:4]}
_VOLUME_NAMES: Final = ("volume", "vol", "v", "base_volume", "volume_base", "volumefrom")
_UNREADABLE: Final = (pa.ArrowException, gzip.BadGzipFile, zlib.error, EOFError, csv.Error, ValueError, OverflowError)
"""What the readers raise on files that are none; pandas' and Unicode's errors are ValueErrors."""
_MAX_LINE_LENGTH: Final = 10_000  # characters; csv itself refuses fields of 131,072
_EPOCH_UNITS_MS: Final = ((1e11, 1000.0), (1e14, 1.0), (1e17, 1e-3), (1e20, 1e-6))  # below this, times that is ms


@dataclass(frozen=True, slots=True, kw_only=True)
class _Table:
    """Raw columns of a file, and how its rows are called in errors."""

    path: Path
    frame: pd.DataFrame  # columns time, open, high, low, close, volume
    row_word: str  # "line" or "row"
    first_row: int  # number of the first data row

    def where(self, index: int) -> str:
        """`file, line 17` of a row."""
        return f"{self.path.name}, {self.row_word} {self.first_row + int(index)}"


def read_candle_file(path: Path, coin: str, timeframe: Timeframe) -> Candles:
    """All candles of one file.

    Args:
        path: a .parquet, .csv or .csv.gz file.
        coin: base asset, by which its volume column is told from the quote's.
        timeframe: what its candles must be.

    Raises:
        SourceRefused: there is no such file.
        SourceUnavailable: the file could not be read this time.
        CandlesRejected: its content cannot be read safely: file, line, reason.
    """
    table = _read_raw(path, coin)
    times, values = _parse(table)
    if not len(times):
        return empty_candles(timeframe)
    _refuse_differing(table, times, values)
    order = np.unique(times, return_index=True)[1]
    times, values = times[order], values[order]
    _refuse_coarse(table, times, timeframe)
    problem = find_problem(times, values, timeframe)
    if problem is not None:
        row, reason = problem
        raise _rejected(table, f"{table.where(order[row])} ({_utc(times[row])}): {reason}")
    return Candles(timeframe=timeframe, open_time_ms=times, ohlcv=values)


def _read_raw(path: Path, coin: str) -> _Table:
    try:
        return _read_parquet(path, coin) if path.suffix.lower() == ".parquet" else _read_csv(path, coin)
    except FileNotFoundError as error:
        raise SourceRefused(f"{path} does not exist") from error
    except _UNREADABLE as error:
        what = (str(error).splitlines() or [type(error).__name__])[0][:200]
        raise CandlesRejected(f"{path} cannot be read as candles: {what}; correct or remove it") from error
    except (PermissionError, IsADirectoryError) as error:
        raise CandlesRejected(f"{path} cannot be read: {error.strerror}; correct or remove it") from error
    except OSError as error:
        raise SourceUnavailable(f"{path} could not be read: {error}") from error


def _read_parquet(path: Path, coin: str) -> _Table:
    frame = pq.read_table(path).to_pandas()
    if frame.index.name is not None:
        frame = frame.reset_index()
    return _Table(path=path, frame=_picked(frame, coin, path), row_word="row", first_row=1)


def _read_csv(path: Path, coin: str) -> _Table:
    names, separator, num_above = find_header(path, coin)
    frame = pd.read_csv(
        path, sep=separator, header=None, names=names, skiprows=num_above, dtype=str, keep_default_na=False,
        skip_blank_lines=False, index_col=False, encoding="utf-8-sig",
    )  # fmt: skip
    while len(frame) and (frame.iloc[-1] == "").all():
        frame = frame.iloc[:-1]
    return _Table(path=path, frame=_picked(frame, coin, path), row_word="line", first_row=num_above + 1)


def find_header(path: Path, coin: str) -> tuple[list[str], str, int]:
    """Column names, separator and the number of lines up to the header, itself included."""
    with io.TextIOWrapper(_open(path), encoding="utf-8-sig") as content:  # CR and CR LF end a line too
        head = [line for _ in range(MAX_JUNK_LINES + 1) if (line := content.readline(_MAX_LINE_LENGTH))]
    too_long = next((number for number, line in enumerate(head, start=1) if len(line) == _MAX_LINE_LENGTH), None)
    if too_long is not None:
        raise CandlesRejected(f"{path}: line {too_long} has more than {_MAX_LINE_LENGTH:,} characters: no candle file")
    for number, line in enumerate(head, start=1):
        separator = max(",;\t|", key=line.count)
        names = next(csv.reader([line], delimiter=separator), [])
        if len(set(names)) == len(names) and not isinstance(named_columns(names, coin), str):
            return names, separator, number
    found = head[0].strip()[:120] if head else ""
    raise CandlesRejected(
        f"{path}: none of its first {len(head)} lines is a header that names a time, open, high, low, close and the "
        f"volume in {coin}; the first is {found!r}"
    )


def _open(path: Path) -> BinaryIO:
    return cast("BinaryIO", gzip.open(path)) if path.suffix.lower() == ".gz" else path.open("rb")


def _picked(frame: pd.DataFrame, coin: str, path: Path) -> pd.DataFrame:
    """The six columns that matter, under our names."""
    columns = named_columns([str(name) for name in frame.columns], coin)
    if isinstance(columns, str):
        raise CandlesRejected(f"{path} has no column of {columns}; found {', '.join(map(str, frame.columns))}")
    frame = frame.iloc[:, list(columns.values())]
    return frame.set_axis(list(columns), axis="columns")


def named_columns(names: list[str], coin: str) -> dict[str, int] | str:
    """Position of each of the six columns, or the one that is missing."""
    known = {
        "_".join(name.strip().lower().replace("(", " ").replace(")", " ").split()): k for k, name in enumerate(names)
    }
    wanted = {"time": _TIME_NAMES, **_PRICE_NAMES, "volume": (f"volume_{coin.lower()}", *_VOLUME_NAMES)}
    found: dict[str, int] = {}
    for column, spellings in wanted.items():
        spelling = next((name for name in spellings if name in known), None)
        if spelling is None:
            return column
        found[column] = known[spelling]
    return found


def _parse(table: _Table) -> tuple[TimesMs, Values]:
    """Times and values of the rows as they stand; all columns' first defects in one error."""
    times = times_ms(table.frame["time"])
    values = np.column_stack([_numbers(table.frame[name]) for name in COLUMNS]).reshape(-1, 5)
    defects = _defects(table, "time", np.isnan(times), "no epoch and no ISO date")
    for k, name in enumerate(COLUMNS):
        defects += _defects(table, name, np.isnan(values[:, k]), "no number")
    if defects:
        raise _rejected(table, "; ".join(defects))
    return times.astype(np.int64), values


def _defects(table: _Table, column: str, bad: np.ndarray, what: str) -> list[str]:
    if not bad.any():
        return []
    row = int(bad.argmax())
    return [
        f"{table.where(row)}: {column} {str(table.frame[column].iloc[row])!r} is {what} ({int(bad.sum())} such rows)"
    ]


def _numbers(column: pd.Series) -> Values:
    return pd.to_numeric(column, errors="coerce").to_numpy(np.float64, na_value=np.nan)


def times_ms(column: pd.Series) -> Values:
    """UTC epoch milliseconds as floats (exact up to the year 287396); NaN where a value is no time."""
    if pd.api.types.is_datetime64_any_dtype(column):
        return _of_dates(pd.to_datetime(column, utc=True))
    epochs = _numbers(column)
    times = np.full(len(epochs), np.nan)
    for limit, ms_per_unit in reversed(_EPOCH_UNITS_MS):
        times = np.where((epochs >= 1e8) & (epochs < limit), epochs * ms_per_unit, times)
    dates = np.isnan(epochs)
    if dates.any():
        times[dates] = _of_dates(pd.to_datetime(column[dates], format="ISO8601", utc=True, errors="coerce"))
    return np.where(np.isnan(times) | (times == np.floor(times)), times, np.nan)


def _of_dates(dates: pd.Series) -> Values:
    stamps = dates.dt.tz_localize(None).to_numpy().astype("datetime64[ms]")
    return np.where(np.isnat(stamps), np.nan, stamps.astype(np.int64).astype(np.float64))


def _refuse_differing(table: _Table, times: TimesMs, values: Values) -> None:
    """A row repeated with equal values is one row; with differing values nothing says which is right."""
    order = np.argsort(times, kind="stable")
    earlier, later = order[:-1], order[1:]
    differing = (times[earlier] == times[later]) & (values[earlier] != values[later]).any(axis=1)
    if differing.any():
        k = int(differing.argmax())
        first, second = sorted((int(earlier[k]), int(later[k])))
        raise _rejected(
            table,
            f"{int(differing.sum())} candles are there twice with differing values, such as {_utc(times[first])}: "
            f"{table.where(first)} closes at {values[first, 3]}, {table.row_word} {table.first_row + second} at "
            f"{values[second, 3]}",
        )


def _refuse_coarse(table: _Table, times: TimesMs, timeframe: Timeframe) -> None:
    step_ms = int(np.gcd.reduce(np.diff(times))) if len(times) > 2 else timeframe.ms
    if step_ms > timeframe.ms and step_ms % timeframe.ms == 0:
        raise _rejected(
            table,
            f"its candles are {step_ms // 60_000} minutes apart, the timeframe is {timeframe.name}; set "
            "COIN_MODELS_TIMEFRAME to the file's",
        )


def _rejected(table: _Table, reason: str) -> CandlesRejected:
    return CandlesRejected(f"{table.path} cannot be read safely: {reason}. Correct or remove the file")


def _utc(time_ms: int) -> str:
    return f"{datetime_of_ms(int(time_ms)):%Y-%m-%d %H:%M} UTC"

"""When the newest candle of a file closes, without reading the whole file where possible.

Reads Parquet's footer, or the first and last lines of CSV. The answer chooses a default day; training uses the candles.
"""

import os
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from coin_models.errors import MarketError
from coin_models.market.sources.file_reader import find_header, named_columns, read_candle_file, times_ms
from coin_models.market.timeframe import Timeframe

_TAIL_BYTES: Final = 4096


def last_close_ms(path: Path, coin: str, timeframe: Timeframe) -> int | None:
    """UTC epoch milliseconds at which the newest candle closes; None where the file holds none that can be read."""
    try:
        newest_open_ms = _peek(path, coin)
        if newest_open_ms is not None:
            return newest_open_ms + timeframe.ms
        closed = read_candle_file(path, coin, timeframe).last_close_time
    except MarketError:
        return None
    return int(closed.timestamp() * 1000) if closed is not None else None


def _peek(path: Path, coin: str) -> int | None:
    """The newest opening told by footer or lines; None where they do not tell."""
    try:
        values = _of_parquet(path, coin) if path.suffix.lower() == ".parquet" else _of_csv(path, coin)
        times = times_ms(pd.Series(values)) if values else np.empty(0)
    except (OSError, pa.ArrowException, ValueError, TypeError, KeyError, IndexError):
        return None  # the full reading says what is wrong
    times = times[~np.isnan(times)]
    return int(times.max()) if len(times) else None


def _of_parquet(path: Path, coin: str) -> list[Any]:
    """The greatest time of each row group, by the footer's statistics."""
    metadata = pq.read_metadata(path)
    columns = named_columns(list(metadata.schema.names), coin)
    if isinstance(columns, str):
        return []
    groups = [metadata.row_group(k).column(columns["time"]) for k in range(metadata.num_row_groups)]
    if not all(group.is_stats_set and group.statistics.has_min_max for group in groups):
        return []
    return [group.statistics.max for group in groups]


def _of_csv(path: Path, coin: str) -> list[Any]:
    """The times of the first and of the last whole line: files are sorted, one way or the other."""
    if path.suffix.lower() == ".gz":
        return []
    names, separator, num_above = find_header(path, coin)
    columns = named_columns(names, coin)
    if isinstance(columns, str):
        return []
    with path.open("rb") as file:
        head = file.read(_TAIL_BYTES).decode("utf-8-sig").splitlines()[num_above : num_above + 1]
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - _TAIL_BYTES))
        tail = file.read().decode("utf-8", "replace")
    whole = [line for line in tail.splitlines()[(1 if size > _TAIL_BYTES else num_above) :] if line.strip()]
    if not tail.endswith(("\n", "\r")):
        whole = whole[:-1]  # it may be half written
    return [line.split(separator)[columns["time"]].strip('"') for line in (*head, *whole[-1:])]

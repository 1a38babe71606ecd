"""When the newest candle of a file closes, without reading the file where that can be helped."""

import os
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from coin_models.errors import MarketError
from coin_models.market.candle_files import stamp_of
from coin_models.market.files.columns import find_header, time_columns
from coin_models.market.files.layouts import CandleFile
from coin_models.market.files.limits import refuse_bytes
from coin_models.market.files.reading import read_candle_file
from coin_models.market.files.times import read_times
from coin_models.market.timeframe import Timeframe

_TAIL_BYTES: Final = 4096


def last_closes_ms(files: Sequence[CandleFile], timeframe: Timeframe, now: datetime) -> dict[CandleFile, int | None]:
    """When the newest candle of each file closes, of those files among which the coin's newest candle is.

    Of files named by month or day, that is the last one that is not empty.

    Returns:
        UTC epoch milliseconds by file; None where it holds no candle that can be read.
    """
    if not all(file.covers for file in files):
        return {file: last_close_ms(file.path, file.coin, timeframe, now) for file in files}
    closes: dict[CandleFile, int | None] = {}
    for file in sorted(files, key=lambda file: f"{file.covers}-99"[:10], reverse=True):  # a month ends after its days
        try:
            closes[file] = _last_close_ms(file.path, file.coin, timeframe, now)
        except MarketError:
            closes[file] = None
            break
        if closes[file] is not None:
            break
    return closes


def last_close_ms(path: Path, coin: str, timeframe: Timeframe, now: datetime) -> int | None:
    """UTC epoch milliseconds at which the newest candle closes; None where the file holds none that can be read."""
    try:
        return _last_close_ms(path, coin, timeframe, now)
    except MarketError:
        return None


def _last_close_ms(path: Path, coin: str, timeframe: Timeframe, now: datetime) -> int | None:
    refuse_bytes(path, stamp_of(path).size)  # a FIFO would be waited for without end
    newest_open_ms = _peek(path, coin)
    if newest_open_ms is not None:
        return newest_open_ms + timeframe.ms
    closed = read_candle_file(path, coin, timeframe, now).candles.last_close_time
    return int(closed.timestamp() * 1000) if closed is not None else None


def _peek(path: Path, coin: str) -> int | None:
    """The newest opening told by footer or lines; None where they do not tell."""
    suffix = path.suffix.lower()
    try:
        values = _of_parquet(path) if suffix == ".parquet" else _of_csv(path, coin) if suffix == ".csv" else []
        times = read_times(pd.Series(values)).ms if values else np.empty(0)
    except Exception:  # noqa: BLE001 - what damaged bytes raise is no closed set; the full reading says what is wrong
        return None
    return int(times.max()) if len(times) and not np.isnan(times).any() else None


def _of_parquet(path: Path) -> list[Any]:
    """The greatest time of each row group, by the footer's statistics."""
    metadata = pq.read_metadata(path)
    places = time_columns(list(metadata.schema.names))
    groups = [metadata.row_group(k).column(places[0]) for k in range(metadata.num_row_groups)]
    if not all(group.is_stats_set and group.statistics.has_min_max for group in groups):
        return []
    return [group.statistics.max for group in groups]


def _of_csv(path: Path, coin: str) -> list[Any]:
    """The times of the first and of the last whole line: files are sorted, one way or the other."""
    with path.open("rb") as file:
        head = file.read(_TAIL_BYTES).decode("utf-8-sig").splitlines()
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - _TAIL_BYTES))
        tail = file.read().decode("utf-8", "replace")
    names, separator, num_above = find_header(path, head[: -1 if size > _TAIL_BYTES else None], coin)
    place = time_columns(names)[0]
    whole = [line for line in tail.splitlines()[(1 if size > _TAIL_BYTES else num_above) :] if line.strip()]
    if not tail.endswith(("\n", "\r")):
        whole = whole[:-1]  # it may be half written
    lines = (*head[num_above : num_above + 1], *whole[-1:])
    return [line.split(separator)[place].strip('"') for line in lines]

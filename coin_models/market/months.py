"""Histories as bytes, one month of days at a time: packing, joining, merging.

A month is stored as `CMD1`, the number of its days and the length of the names (two little-endian uint16), one row of
`DAY_DTYPE` for each day of the month in order, and a JSON list of the names of the sources. A month never stored and a
month without known facts are the same.
"""

import json
import struct
from calendar import monthrange
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, Final

import numpy as np

from coin_models.errors import DatabaseError
from coin_models.market.history import DAY_DTYPE, History, Rows, source_name, unknown_days
from coin_models.market.timeframe import Timeframe

_MAGIC: Final = b"CMD1"
_HEAD: Final = struct.Struct("<4sHH")


def month_of(day: date) -> date:
    """The first day of the day's month: the key of a stored month."""
    return day.replace(day=1)


def num_days_of(month: date) -> int:
    """Days of the month."""
    return monthrange(month.year, month.month)[1]


def pack_month(rows: Rows, sources: Sequence[str]) -> bytes:
    """A month as bytes; equal facts give equal bytes."""
    names = json.dumps(list(sources), separators=(",", ":")).encode()
    return _HEAD.pack(_MAGIC, len(rows), len(names)) + rows.tobytes() + names


def unpack_month(data: bytes) -> tuple[Rows, tuple[str, ...]]:
    """The rows of a month, read-only, and the names of its sources.

    Raises:
        DatabaseError: the bytes are no month that this version wrote.
    """
    size = _rows_size(data)
    return np.frombuffer(data, DAY_DTYPE, offset=_HEAD.size, count=size // DAY_DTYPE.itemsize), _names(data, size)


def join_months(timeframe: Timeframe, months: Sequence[tuple[date, bytes]]) -> History:
    """The history of packed months, given in the order of time; months left out between them are unknown.

    Raises:
        DatabaseError: as `unpack_month`.
    """
    parts: list[bytes] = []
    sources: list[tuple[int, tuple[str, ...]]] = []
    first = expected = months[0][0]
    for month, data in months:
        if month != expected:
            parts.append(unknown_days((month - expected).days).tobytes())
        size = _rows_size(data)
        parts.append(data[_HEAD.size : _HEAD.size + size])
        sources.append(((month - first).days, _names(data, size)))
        expected = month + timedelta(days=size // DAY_DTYPE.itemsize)
    rows = np.frombuffer(b"".join(parts), DAY_DTYPE)
    return History(timeframe=timeframe, first_day=first, rows=rows, sources=tuple(sources))


def merge_month(a: tuple[Rows, Sequence[str]], b: tuple[Rows, Sequence[str]]) -> tuple[Rows, tuple[str, ...]]:
    """Both answers about one month: of each day the newer one. Idempotent, and the order does not matter.

    A day that is stored outranks every answer that brought no day. Of two answers of the same second, the one with
    more candles counts, then the one with the greater bytes.
    """
    (rows_a, names_a), (rows_b, names_b) = a, b
    picked = [
        max((row_a, names_a), (row_b, names_b), key=_precedence) for row_a, row_b in zip(rows_a, rows_b, strict=True)
    ]
    rows = np.array([row for row, _ in picked], DAY_DTYPE)
    row_sources = [source_name(row, names) for row, names in picked]
    sources = tuple(sorted(set(row_sources) - {""}))
    rows["source"] = [sources.index(name) if name else 0 for name in row_sources]
    return rows, sources


def _precedence(answer: tuple[Any, Sequence[str]]) -> tuple[bool, int, int, bytes, str]:
    row, names = answer
    plain = row.copy()
    plain["source"] = 0
    return (
        bool(row["num_candles"] >= 0),
        int(row["asked_at"]),
        int(row["num_candles"]),
        plain.tobytes(),
        source_name(row, names),
    )


def _rows_size(data: bytes) -> int:
    if len(data) < _HEAD.size or data[:4] != _MAGIC:
        raise DatabaseError(f"table candle_months holds {data[:4]!r}, expected {_MAGIC!r}: upgrade coin_models")
    _, num_days, num_name_bytes = _HEAD.unpack_from(data)
    size = int(num_days) * DAY_DTYPE.itemsize
    if len(data) != _HEAD.size + size + num_name_bytes:
        raise DatabaseError(f"table candle_months holds a month of {len(data)} bytes, expected {_HEAD.size + size}")
    return size


def _names(data: bytes, size: int) -> tuple[str, ...]:
    return _parsed(data[_HEAD.size + size :])


_KNOWN_NAMES: Final[dict[bytes, tuple[str, ...]]] = {}
_MAX_KNOWN_NAMES: Final = 10_000


def _parsed(names: bytes) -> tuple[str, ...]:
    """The names, parsed once: 20,000 months of 500 coins hold the same few lists."""
    if names not in _KNOWN_NAMES:
        if len(_KNOWN_NAMES) >= _MAX_KNOWN_NAMES:
            _KNOWN_NAMES.clear()
        _KNOWN_NAMES[names] = tuple(json.loads(names))
    return _KNOWN_NAMES[names]

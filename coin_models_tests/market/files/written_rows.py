"""Rows of five-minute candles as the bytes of a file, and how they are read."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from coin_models.errors import CandlesRejected
from coin_models.market.files.outcomes import FileTimes, RowsRead
from coin_models.market.files.rows import read_rows
from coin_models.market.files.tables import parse_table
from coin_models_tests.market.builders import FIVE_MINUTES

START = 1_723_680_000  # 2024-08-15 00:00 UTC
STEP = 300
NOW_MS = (START + 86_400) * 1000
TIMES = FileTimes(written_ms=NOW_MS, now_ms=NOW_MS)
NAMES = ["ts", "open", "high", "low", "close", "volume"]
VALUES = [100.0, 102.0, 99.0, 101.0, 10.5]


def candle_rows(times: Sequence[int]) -> list[list[float | str]]:
    return [[time, *VALUES] for time in times]


def times(count: int, *, start: int = START, step: int = STEP) -> list[int]:
    return [start + step * k for k in range(count)]


def csv_bytes(rows: Sequence[Sequence[object]], names: list[str] | None = NAMES) -> bytes:
    lines = [",".join(map(str, row)) for row in [*([names] if names else []), *rows]]
    return ("\n".join(lines) + "\n").encode()


def read(content: bytes, name: str = "BTC_USDT.csv", coin: str = "BTC") -> RowsRead:
    return read_rows(parse_table(Path(name), content, coin), coin, FIVE_MINUTES, TIMES)


def refusal(content: bytes, name: str = "BTC_USDT.csv") -> str:
    with pytest.raises(CandlesRejected) as caught:
        read(content, name)
    return str(caught.value)

"""Damaged numbers of a Parquet file without page checksums."""

import io
import struct

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyarrow import feather

from coin_models.errors import CandlesRejected
from coin_models.market.candles import find_problem
from coin_models_tests.market.builders import FIVE_MINUTES
from coin_models_tests.market.files.written_rows import NAMES, candle_rows, read, refusal, times

FRAME = pd.DataFrame(candle_rows(times(30)), columns=NAMES).assign(
    high=np.linspace(102, 104, 30), volume=np.linspace(10, 20, 30)
)


def _parquet(*, row_group_size: int = 30) -> bytes:
    sink = io.BytesIO()
    table = pa.Table.from_pandas(FRAME)
    pq.write_table(table, sink, row_group_size=row_group_size, compression="none", use_dictionary=False)
    return sink.getvalue()


def _damaged(content: bytes, value: float, by: float) -> bytes:
    before = struct.pack("<d", value)
    at = content.index(before)  # pages stand before the footer
    return content[:at] + struct.pack("<d", by) + content[at + 8 :]


@pytest.mark.parametrize(("column", "by"), [("volume", 1e300), ("volume", 9.5), ("high", 105.0)])
def test_a_number_outside_the_footers_bounds_is_refused(column: str, by: float) -> None:
    message = refusal(_damaged(_parquet(), FRAME[column][7], by), "BTC_USDT.parquet")

    assert message.startswith(f"BTC_USDT.parquet is damaged: row 8 holds {by} in column '{column}'")
    assert f"between {FRAME[column].min()} and {FRAME[column].max()}" in message


def test_bounds_are_those_of_the_row_group() -> None:
    """18.6 is a volume of the third group, and none of the first."""
    message = refusal(_damaged(_parquet(row_group_size=10), FRAME["volume"][3], 18.6), "BTC_USDT.parquet")

    assert "row 4 holds 18.6" in message


def test_whole_files_are_within_their_bounds() -> None:
    for size in (7, 30):
        assert len(read(_parquet(row_group_size=size), "BTC_USDT.parquet").candles) == 30


def test_of_all_flipped_bits_of_a_column_what_is_read_is_within_the_bounds_and_consistent() -> None:
    content, volumes = _parquet(), FRAME["volume"].to_numpy()
    at = content.index(volumes.tobytes())
    num_refused = 0
    for bit in range(0, len(volumes) * 64, 7):
        damaged = bytearray(content)
        damaged[at + bit // 8] ^= 1 << bit % 8
        try:
            candles = read(bytes(damaged), "BTC_USDT.parquet").candles
        except CandlesRejected:
            num_refused += 1
            continue

        assert ((volumes.min() <= candles.volume) & (candles.volume <= volumes.max())).all()
        assert find_problem(candles.open_time_ms, candles.ohlcv, FIVE_MINUTES) is None
    assert num_refused > 30  # sign and exponent: 12 of 64 bits, and some below


@pytest.mark.parametrize("unit", ["s", "ms", "us"])
@pytest.mark.parametrize("seconds", [2_307_593_500_000, -62_200_000_000], ids=["the year 75093", "before the year 1"])
def test_a_date_that_python_cannot_show_is_refused_in_a_sentence(unit: str, seconds: int) -> None:
    """`str` of it raised NotImplementedError, in the middle of the sentence that refused it."""
    per_second = {"s": 1, "ms": 10**3, "us": 10**6}[unit]
    dates = pa.array([time * per_second for time in [*FRAME["ts"][:-1], seconds]], pa.timestamp(unit, "UTC"))
    sink = io.BytesIO()
    feather.write_feather(pa.table({**FRAME, "ts": dates}), sink)

    assert "'ts' holds a date that is not of the years 1 to 9999" in refusal(sink.getvalue(), "BTC_USDT.feather")

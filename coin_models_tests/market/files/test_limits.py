"""Hostile candle files are refused in a sentence, before they cost memory, and quote next to nothing of what they hold."""

import gzip
import tracemalloc
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet as pq
import pytest

from coin_models.errors import CandlesRejected
from coin_models.market.files.limits import MAX_BYTES, MAX_ROWS, QUOTED_LENGTH, refuse_bytes
from coin_models.market.files.reading import read_candle_file
from coin_models_tests.market.builders import DAY, HOUR, clock_after

HEADER = "ts,open,high,low,close,volume\n"
ROW = "1723680000,100,102,99,101,10\n"
ONE_TOO_MANY = MAX_ROWS + 1
MIB = 1 << 20


def refusal(path: Path) -> str:
    with pytest.raises(CandlesRejected) as caught:
        read_candle_file(path, "BTC", HOUR, clock_after(DAY).now())
    return str(caught.value)


def zeros() -> pa.Table:
    """Columns of nothing but one value: they pack to almost nothing."""
    column = pa.array(np.zeros(ONE_TOO_MANY, dtype=np.int8))
    return pa.table(dict.fromkeys(["ts", "open", "high", "low", "close", "volume"], column))


def test_a_packed_parquet_of_too_many_rows_is_refused_by_its_footer(tmp_path: Path) -> None:
    path = tmp_path / "BTC_USDT.parquet"
    pq.write_table(zeros(), path, compression="zstd")
    held = pa.total_allocated_bytes()

    message = refusal(path)

    assert f"has {ONE_TOO_MANY:,} rows" in message
    assert "split it" in message
    assert pa.total_allocated_bytes() - held < MIB


def test_a_packed_feather_of_too_many_rows_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "BTC_USDT.feather"
    pyarrow.feather.write_feather(zeros(), str(path), compression="zstd", chunksize=MAX_ROWS * 2)

    assert f"has {ONE_TOO_MANY:,} rows" in refusal(path)


def test_a_packed_csv_of_too_many_lines_is_refused_before_it_is_parsed(tmp_path: Path) -> None:
    path = tmp_path / "BTC_USDT.csv.gz"
    path.write_bytes(gzip.compress(b"\n" * ONE_TOO_MANY, 1))
    tracemalloc.start()

    message = refusal(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert f"has {ONE_TOO_MANY:,} rows" in message
    assert peak < 64 * MIB


def test_more_bytes_than_are_read_are_refused() -> None:
    refuse_bytes(Path("BTC_USDT.csv"), MAX_BYTES)

    with pytest.raises(CandlesRejected, match="holds more than 268,435,456 bytes"):
        refuse_bytes(Path("BTC_USDT.csv"), MAX_BYTES + 1)


def test_a_long_text_that_repeats_in_parquet_is_refused_without_being_multiplied(tmp_path: Path) -> None:
    path = tmp_path / "BTC_USDT.parquet"
    text = pa.DictionaryArray.from_arrays(pa.array(np.zeros(100_000, dtype=np.int32)), pa.array(["x" * 100_000]))
    pq.write_table(pa.table({"ts": text, "open": pa.array(np.ones(100_000))}), path, store_schema=False)

    assert "holds a text of 100,000 characters" in refusal(path)


def test_texts_of_times_in_parquet_are_read(tmp_path: Path) -> None:
    times = ["2024-08-15T00:00:00Z", "2024-08-15T01:00:00Z"]
    prices = {"open": [100.0] * 2, "high": [102.0] * 2, "low": [99.0] * 2, "close": [101.0] * 2, "volume": [10.0] * 2}
    pd.DataFrame({"date": times, **prices}).to_parquet(tmp_path / "BTC_USDT.parquet", index=False)

    read = read_candle_file(tmp_path / "BTC_USDT.parquet", "BTC", HOUR, clock_after(DAY).now())

    assert len(read.candles) == 2


@pytest.mark.parametrize(
    "text",
    ["s" * 500 + "\n", HEADER + f"{'s' * 500},1,1,1,1,1\n", HEADER + f"1723680000,{'s' * 500},1,1,1,1\n"],
    ids=["header", "time", "number"],
)
def test_a_refusal_quotes_at_most_forty_characters_of_the_content(tmp_path: Path, text: str) -> None:
    path = tmp_path / "BTC_USDT.csv"
    path.write_text(text, encoding="utf-8")

    message = refusal(path)

    assert "s" * QUOTED_LENGTH in message
    assert "s" * (QUOTED_LENGTH + 1) not in message

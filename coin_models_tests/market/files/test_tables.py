"""Raw tables: archives, broken lines, bytes that are no table."""

import io
import zipfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import feather

from coin_models.errors import CandlesRejected
from coin_models.market.files.reading import read_candle_file
from coin_models_tests.market.builders import DAY, HOUR, clock_after
from coin_models_tests.market.files.written_rows import (
    START,
    VALUES,
    candle_rows,
    csv_bytes,
    read,
    refusal,
    times,
)


def test_an_archive_of_another_coin_is_refused_with_the_name_of_its_file() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("ETHUSDT-5m-2024-08.csv", csv_bytes(candle_rows(times(3))))

    message = refusal(packed.getvalue(), "BTCUSDT-5m-2024-08.zip")

    assert "holds ETHUSDT-5m-2024-08.csv, which is not of BTC" in message


def test_a_line_that_was_broken_within_its_volume_is_refused() -> None:
    whole = csv_bytes(candle_rows(times(3))).decode()

    message = refusal(whole.replace("10.5", "10.\n5", 1).encode())

    assert "line 3 has 1 of 6 values (1 such lines), as where a line was broken in two" in message


@pytest.mark.parametrize(
    "content",
    [
        "[[]]",
        f"[[{START}, 100, 102]]",
        f"[[{START}, 1{'0' * 400}, 102, 99, 101, 10]]",
        f"[[1{'0' * 5000}, 100, 102, 99, 101, 10]]",
        '[["\\ud800", 100, 102, 99, 101, 10]]',
    ],
    ids=["an empty row", "three values", "a huge price", "a huge time", "half a character"],
)
def test_json_that_holds_no_candles_is_refused_in_a_sentence(content: str) -> None:
    assert "BTC_USDT.json" in refusal(content.encode(), "BTC_USDT.json")


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"a,b\n1", b'"', b"PAR1", b"\x1f\x8b broken"])
@pytest.mark.parametrize("name", ["BTC_USDT.csv", "BTC_USDT.csv.gz", "BTC_USDT.parquet"])
def test_whatever_bytes_a_file_holds_it_is_refused_by_its_path(tmp_path: Path, name: str, content: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(content)

    with pytest.raises(CandlesRejected, match=name):
        read_candle_file(path, "BTC", HOUR, clock_after(DAY).now())


def test_an_over_long_line_is_refused_by_the_files_path(tmp_path: Path) -> None:
    path = tmp_path / "BTC_USDT.csv"
    path.write_bytes(b"x" * 200_000 + b"\n")

    with pytest.raises(CandlesRejected, match=rf"{path}: line 1 has more than 10,000 characters"):
        read_candle_file(path, "BTC", HOUR, clock_after(DAY).now())


def test_offsets_out_of_an_arrow_file_are_refused_before_they_are_followed() -> None:
    """pyarrow follows an offset wherever it points: it showed the process's memory in a sentence, or ended the process."""
    columns = {name: pa.array([str(value)] * 2) for name, value in zip("ohlcv", VALUES, strict=True)}
    sink = io.BytesIO()
    feather.write_feather(pa.table({"ts": [START, START + 300], **columns}), sink, compression="uncompressed")
    offsets = np.array([0, 5, 10], np.int32)  # of the texts "100.0", "100.0"

    damaged = sink.getvalue().replace(offsets.tobytes(), np.array([0, 5, 1 << 30], np.int32).tobytes(), 1)

    assert damaged != sink.getvalue()
    assert "cannot be read as candles" in refusal(damaged, "BTC_USDT.feather")


def _decimal_commas(last: str) -> bytes:
    row = '{},"100,5","102,5","99,5","101,5",{}'
    rows = [row.format(time, 10) for time in times(3)]
    return "\n".join(["ts,open,high,low,close,volume", *rows, row.format(START + 900, last)]).encode()


def test_a_decimal_comma_within_quotation_marks_separates_no_fields() -> None:
    """Counted as separators, the commas of the prices made a volume that was cut from 105 to 10 count as whole."""
    rows_read = read(_decimal_commas("10"))

    assert [str(part) for part in rows_read.left_out] == ["line 5: the last line has no line end and may be cut"]
    assert rows_read.candles.ohlcv[:, 0].tolist() == [100.5] * 3

import gzip
from pathlib import Path

import pandas as pd
import pytest

from coin_models.errors import CandlesRejected
from coin_models.market.candles import Candles
from coin_models.market.files.reading import read_candle_file as read_file
from coin_models.market.timeframe import Timeframe, parse_timeframe
from coin_models_tests.market.builders import DAY, HOUR, candles_at, clock_after

START = 1_723_680_000  # 2024-08-15 00:00 UTC
PRICES = "100,102,99,101,10"
TWO = candles_at([0, 1])


def read_candle_file(path: Path, coin: str, timeframe: Timeframe) -> Candles:
    return read_file(path, coin, timeframe, clock_after(DAY).now()).candles


def _read(tmp_path: Path, text: str, name: str = "BTC_USDT.csv") -> Candles:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return read_candle_file(path, "BTC", HOUR)


@pytest.mark.parametrize(
    "text",
    [
        f"ts,open,high,low,close,volume\n{START},{PRICES}\n{START + 3600},{PRICES}\n",
        f"timestamp,Open,HIGH,low,Close,Volume\n{START}000,{PRICES}\n{START + 3600}000,{PRICES}\n",
        f"unix,o,h,l,c,v\n{START}000,{PRICES}\n{START + 3600}.0,{PRICES}\n",
        f"open_time;open;high;low;close;volume\n{START};100;102;99;101;10\n{START + 3600};100;102;99;101;10\n",
        f"Date,Open,High,Low,Close,Volume\n2024-08-15T00:00:00Z,{PRICES}\n2024-08-15T01Z,{PRICES}\n".replace(",", "\t"),
        f"date,open,high,low,close,volume\n2024-08-15 00:00:00,{PRICES}\n2024-08-15 01:00,{PRICES}\n",
        f"date,open,high,low,close,volume\n2024-08-15T02:00:00+02:00,{PRICES}\n2024-08-15T01:00:00Z,{PRICES}\n",
        f"ts,open,high,low,close,volume\n{START + 3600},{PRICES}\n{START},{PRICES}\n",
        f"https://www.example.org\nts,open,high,low,close,volume\n{START},{PRICES}\n{START + 3600},{PRICES}\n",
        f"ts,open,high,low,close,volume\n{START},{PRICES}\n{START},{PRICES}\n{START + 3600},{PRICES}\n",
        (
            f"unix,date,symbol,open,high,low,close,Volume USDT,Volume BTC\n{START},x,B,100,102,99,101,7,10\n"
            f"{START + 3600},x,B,100,102,99,101,7,10\n"
        ),
        f"ts;open;high;low;close;volume\n{START};100,0;102;99;101;10,0\n{START + 3600};100;102;99;101;10\n",
        f"{START};100,0;102,0;99,0;101,0;10,0\n{START + 3600};100,0;102,0;99,0;101,0;10,0\n",
        (
            f"time_period_start,price_open,price_high,price_low,price_close,volume_traded\n{START},{PRICES}\n"
            f"{START + 3600},{PRICES}\n"
        ),
        f"\ufeffts,open,high,low,close,volume\r\n{START},{PRICES}\r\n{START + 3600},{PRICES}\r\n\r\n",
    ],
    ids=[
        "seconds", "milliseconds", "both, and short names", "semicolons", "tabs and ISO dates", "dates without a zone",
        "dates with a zone", "newest first", "a junk first line", "an equal row twice", "the base asset's volume",
        "decimal commas", "decimal commas without a header", "CoinAPI's names",
        "a byte order mark and an empty last line",
    ],
)  # fmt: skip
def test_candles_are_read_however_they_are_written(tmp_path: Path, text: str) -> None:
    assert _read(tmp_path, text).digest() == TWO.digest()


def test_a_packed_csv_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "BTC_USDT.csv.gz"
    path.write_bytes(
        gzip.compress(f"ts,open,high,low,close,volume\n{START},{PRICES}\n{START + 3600},{PRICES}\n".encode())
    )

    assert read_candle_file(path, "BTC", HOUR).digest() == TWO.digest()


def test_a_packed_file_without_its_suffix_is_refused_with_the_suffix_to_add(tmp_path: Path) -> None:
    path = tmp_path / "BTC_USDT.csv"
    path.write_bytes(gzip.compress(b"ts,open,high,low,close,volume\n"))

    with pytest.raises(CandlesRejected, match=r"not text in UTF-8.*those of \.gz, so rename it to end in \.gz"):
        read_candle_file(path, "BTC", HOUR)


def test_columns_of_two_levels_are_read_by_the_first(tmp_path: Path) -> None:
    frame = TWO.to_frame()
    frame.columns = pd.MultiIndex.from_product([frame.columns, ["BTC-USDT"]])
    frame.to_parquet(tmp_path / "BTC_USDT.parquet")

    assert read_candle_file(tmp_path / "BTC_USDT.parquet", "BTC", HOUR).digest() == TWO.digest()


@pytest.mark.parametrize("as_index", [True, False])
def test_a_parquet_file_is_read_with_its_times_in_a_column_or_an_index(tmp_path: Path, as_index: bool) -> None:
    frame = TWO.to_frame() if as_index else TWO.to_frame().reset_index(names="ts")
    frame.to_parquet(tmp_path / "BTC_USDT.parquet")

    assert read_candle_file(tmp_path / "BTC_USDT.parquet", "BTC", HOUR).digest() == TWO.digest()


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        (
            f"{START},{PRICES}\n{START},100,102,99,101.5,10",
            r"1 candles are there twice.*line 2 closes at 101.0, line 3 at 101.5",
        ),
        (f"{START},{PRICES}\n{START + 3600},0,102,0,101,10", r"line 3 \(2024-08-15 01:00 UTC\): has a price of zero"),
        (
            f"{START},{PRICES}\n{START + 3600},13.444.400,102,99,101,10",
            r"line 3: open '13.444.400' is no number \(1 such",
        ),
        (f"{START},{PRICES}\n{START + 3600},,102,99,101,10", r"line 3: open '' is no number"),
        (f"{START},{PRICES}\n15-08-24 01:00,{PRICES}", r"line 3: time '15-08-24 01:00' is no epoch and no ISO date"),
        (f"{START},{PRICES}\n{START + 1},{PRICES}", r"line 3 \(2024-08-15 00:00 UTC\): opens off the 1h grid"),
        (f"{START},100,99,98,98.5,1", r"line 2 .*above its high"),
        (
            f"{START},{PRICES}\n{START + 7200},{PRICES}\n{START + 14400},{PRICES}",
            "120 minutes apart, the timeframe is 1h",
        ),
        (f"{START + 3600},100,102,99,-1,10\n{START},{PRICES}", r"line 2 \(2024-08-15 01:00 UTC\)"),
    ],
)
def test_what_cannot_be_read_safely_is_refused_with_file_line_and_reason(
    tmp_path: Path, rows: str, reason: str
) -> None:
    with pytest.raises(CandlesRejected, match=f"BTC_USDT.csv cannot be read safely: .*{reason}"):
        _read(tmp_path, f"ts,open,high,low,close,volume\n{rows}\n")


@pytest.mark.parametrize("text", ["", "hello\n", f"ts,open,high,low,close\n{START},1,1,1,1\n", "a,b\n" * 9])
def test_a_file_without_a_header_that_names_candles_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(CandlesRejected, match=r"BTC_USDT.csv: none of its first \d lines is a header"):
        _read(tmp_path, text)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("ts,open,high,low,close,volume\n", "none of its 0 rows is a candle (names of columns and nothing below)"),
        (
            f"ts,open,high,low,close,volume\n{START},,,,,\n",
            "none of its 1 rows is a candle (line 2: no prices)",
        ),
    ],
)
def test_a_file_without_a_candle_is_empty_and_says_why(tmp_path: Path, text: str, why: str) -> None:
    (tmp_path / "BTC_USDT.csv").write_text(text)

    reading = read_file(tmp_path / "BTC_USDT.csv", "BTC", HOUR, clock_after(DAY).now())

    assert (len(reading.candles), reading.rows.why_empty) == (0, why)


@pytest.mark.parametrize("name", ["BTC_USDT.parquet", "BTC_USDT.csv.gz"])
def test_a_damaged_file_is_refused_by_name(tmp_path: Path, name: str) -> None:
    with pytest.raises(CandlesRejected, match=f"{name} cannot be read as candles"):
        _read(tmp_path, "no such format", name)


def test_times_of_pandas_in_another_zone_or_unit_are_the_same_instants(tmp_path: Path) -> None:
    frame = TWO.to_frame()
    frame.index = pd.DatetimeIndex(frame.index).tz_convert("Asia/Tokyo").as_unit("us")
    frame.to_parquet(tmp_path / "BTC_USDT.parquet")

    assert read_candle_file(tmp_path / "BTC_USDT.parquet", "BTC", parse_timeframe("1h")).digest() == TWO.digest()


def test_lines_that_end_in_a_carriage_return_alone_are_read(tmp_path: Path) -> None:
    text = f"ts,open,high,low,close,volume\r{START},{PRICES}\r{START + 3600},{PRICES}\r"
    path = tmp_path / "BTC_USDT.csv"
    path.write_bytes(text.encode())

    assert read_candle_file(path, "BTC", HOUR).digest() == TWO.digest()

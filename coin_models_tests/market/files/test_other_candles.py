"""Good candles of something else, under the name of a coin: another coin, another length, another time, another column."""

import io
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
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


def _rows(times: Sequence[int]) -> list[list[float | str]]:
    return [[time, *VALUES] for time in times]


def _times(count: int, *, start: int = START, step: int = STEP) -> list[int]:
    return [start + step * k for k in range(count)]


def _csv(rows: Sequence[Sequence[object]], names: list[str] | None = NAMES) -> bytes:
    lines = [",".join(map(str, row)) for row in [*([names] if names else []), *rows]]
    return ("\n".join(lines) + "\n").encode()


def _read(content: bytes, name: str = "BTC_USDT.csv", coin: str = "BTC") -> RowsRead:
    return read_rows(parse_table(Path(name), content, coin), coin, FIVE_MINUTES, TIMES)


def _refusal(content: bytes, name: str = "BTC_USDT.csv") -> str:
    with pytest.raises(CandlesRejected) as caught:
        _read(content, name)
    return str(caught.value)


def _labelled(labels: list[str], name: str = "symbol") -> bytes:
    rows = [[*row, label] for row, label in zip(_rows(_times(len(labels))), labels, strict=True)]
    return _csv(rows, [*NAMES, name])


def test_rows_of_two_coins_in_one_file_are_refused_by_their_symbols() -> None:
    said = _refusal(_labelled(["BTCUSDT", "BTCUSDT", "ETHUSDT"]))

    assert "several coins ('BTCUSDT', 'ETHUSDT')" in said


def test_rows_of_two_timeframes_in_one_file_are_refused_by_their_column() -> None:
    assert "several timeframes ('5m', '1h')" in _refusal(_labelled(["5m", "5m", "1h"], "interval"))


@pytest.mark.parametrize("label", ["ETHUSDT", "ETH/USDT", "BINANCE:ETHUSDT", "ETH-USD", "ETH/USDT:USDT"])
def test_a_file_whose_symbols_are_of_another_coin_is_refused(label: str) -> None:
    assert f"names '{label}', and the file BTC" in _refusal(_labelled([label] * 3))


@pytest.mark.parametrize(
    "label", ["BTCUSDT", "BTC/USDT", "BINANCE:BTCUSDT", "XBTUSD", "BTC-USDT-SWAP", "BTC/USDT:USDT", "B", "Bitcoin", ""]
)
def test_symbols_of_the_same_coin_and_labels_that_say_too_little_are_accepted(label: str) -> None:
    assert len(_read(_labelled([label] * 3)).candles) == 3


def test_an_archive_of_another_coin_is_refused_with_the_name_of_its_file() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("ETHUSDT-5m-2024-08.csv", _csv(_rows(_times(3))))

    said = _refusal(packed.getvalue(), "BTCUSDT-5m-2024-08.zip")

    assert "holds ETHUSDT-5m-2024-08.csv, which is not of BTC" in said


def test_hourly_candles_before_those_of_five_minutes_are_refused_with_where_they_begin() -> None:
    hourly = _times(25, start=START - 25 * 3600, step=3600)  # 24 steps of an hour, and one more to the first of 5m

    said = _refusal(_csv(_rows(hourly + _times(100))))

    assert "25 candles from 2024-08-13 23:00 UTC on are 60 minutes apart, and others 5m" in said


def test_pauses_that_are_not_even_are_holes_and_no_other_timeframe() -> None:
    even = _times(20, start=START - 20 * 3600, step=3600)  # 20 steps of an hour are fewer than 24

    assert len(_read(_csv(_rows(even + _times(100)))).candles) == 120


def test_a_line_that_was_broken_within_its_volume_is_refused() -> None:
    whole = _csv(_rows(_times(3))).decode()

    said = _refusal(whole.replace("10.5", "10.\n5", 1).encode())

    assert "line 3 has 1 of 6 values (1 such lines), as where a line was broken in two" in said


def test_a_mean_price_without_a_header_is_not_taken_for_the_volume() -> None:
    rows = [[time, 100.0, 102.0, 99.0, 101.0, 100.4, 7.5] for time in _times(12)]  # Kraken: ..., close, vwap, volume

    assert "it is a price and not the volume" in _refusal(_csv(rows, None))


@pytest.mark.parametrize("time", ["20240815000500", "202408150005"])
def test_a_date_of_digits_alone_is_no_epoch(time: str) -> None:
    assert f"time '{time}' is no epoch and no ISO date" in _refusal(_csv([[time, *VALUES]]))


def test_a_candle_that_opens_after_tomorrow_is_refused() -> None:
    late = START + 40 * 365 * 86_400

    assert "line 5 opens at 2064-08-05 00:00 UTC, which is later than now" in _refusal(_csv(_rows([*_times(3), late])))


def test_an_offset_of_hours_alone_says_a_time_zone() -> None:
    rows = [["2024-08-15 09:00:00+09", *VALUES], ["2024-08-15 09:05:00+09", *VALUES]]

    found = _read(_csv(rows))

    assert found.candles.open_time_ms.tolist() == [START * 1000, (START + STEP) * 1000]
    assert found.note == ""


def _parquet(values: pd.Series) -> bytes:
    table = pa.table({**{name: [row[k] for row in _rows(_times(3))] for k, name in enumerate(NAMES)}, "volume": values})
    sink = io.BytesIO()
    pq.write_table(table, sink)
    return sink.getvalue()


@pytest.mark.parametrize("convert", [pd.to_timedelta, pd.to_datetime])
def test_times_in_the_column_of_volume_are_no_numbers(convert: Callable[..., pd.Series]) -> None:
    assert "is no number (3 such rows)" in _refusal(
        _parquet(convert(pd.Series([1, 2, 3]), unit="s")), "BTC_USDT.parquet"
    )


@pytest.mark.parametrize(
    "content",
    [
        "[]",
        "[[]]",
        f"[[{START}, 100, 102]]",
        f"[[{START}, 1{'0' * 400}, 102, 99, 101, 10]]",
        f"[[1{'0' * 5000}, 100, 102, 99, 101, 10]]",
        '[["\\ud800", 100, 102, 99, 101, 10]]',
    ],
    ids=["no row", "an empty row", "three values", "a huge price", "a huge time", "half a character"],
)
def test_json_that_holds_no_candles_is_refused_in_a_sentence(content: str) -> None:
    assert "BTC_USDT.json" in _refusal(content.encode(), "BTC_USDT.json")

"""When the newest candle of a file closes, without reading all of it."""

import os
from pathlib import Path

import pytest

from coin_models.market.candles import Candles
from coin_models.market.files.layouts import CandleFile, recognised
from coin_models.market.files.peek import last_close_ms, last_closes_ms
from coin_models_tests.market.builders import DAY, HOUR, candles_at, clock_after

NOW = clock_after(DAY).now()
THREE = candles_at([0, 1, 2])
CLOSE_MS = int(THREE.open_time_ms[-1]) + HOUR.ms


def write(path: Path, candles: Candles) -> None:
    frame = candles.to_frame().reset_index(names="ts")
    if path.suffix == ".parquet":
        frame.to_parquet(path)
    else:
        frame.to_csv(path, index=False)


def _dumps(folder: Path, *names: str) -> list[CandleFile]:
    for name in names:
        write(folder / name, THREE)
    return [file for name in names if isinstance(file := recognised(folder / name, "USDT"), CandleFile)]


def test_of_dumps_the_newest_candle_is_looked_for_in_the_last_file_alone(tmp_path: Path) -> None:
    july, last_day, september, august = (f"BTCUSDT-1h-2024-{part}.csv" for part in ("07", "08-31", "09-01", "08"))
    files = _dumps(tmp_path, july, last_day, september, august)

    assert {file.path.name: close for file, close in last_closes_ms(files, HOUR, NOW).items()} == {september: CLOSE_MS}
    assert [file.path.name for file in last_closes_ms([files[1], files[3]], HOUR, NOW)] == [august]


def test_the_newest_candle_is_in_the_last_dump_that_is_not_empty(tmp_path: Path) -> None:
    july, august, damaged = _dumps(tmp_path, *(f"BTCUSDT-1h-2024-{part}.csv" for part in ("07", "08", "09")))
    august.path.write_text("ts,open,high,low,close,volume\n")
    damaged.path.write_text("ts,open,high,low,close,volume\n1,2\n")

    assert last_closes_ms([july, august], HOUR, NOW) == {august: None, july: CLOSE_MS}
    assert last_closes_ms([july, damaged], HOUR, NOW) == {damaged: None}


@pytest.mark.parametrize("name", ["BTC_USDT.parquet", "BTC_USDT.csv", "BTC_USDT.csv.gz"])
def test_the_newest_close_is_found_in_every_format(tmp_path: Path, name: str) -> None:
    write(tmp_path / name, THREE)

    assert last_close_ms(tmp_path / name, "BTC", HOUR, NOW) == CLOSE_MS


def test_a_file_with_its_newest_row_first_is_told_by_its_first_line(tmp_path: Path) -> None:
    path = tmp_path / "BTC_USDT.csv"
    write(path, THREE)
    header, *rows = path.read_text().splitlines(keepends=True)
    path.write_text("".join([header, *reversed(rows)]))

    assert last_close_ms(path, "BTC", HOUR, NOW) == CLOSE_MS


def test_a_last_line_that_is_half_written_does_not_count(tmp_path: Path) -> None:
    path = tmp_path / "BTC_USDT.csv"
    write(path, THREE)
    path.write_text(path.read_text()[:-5])

    assert last_close_ms(path, "BTC", HOUR, NOW) == CLOSE_MS - HOUR.ms


@pytest.mark.parametrize("name", ["BTC_USDT.parquet", "BTC_USDT.csv"])
def test_a_file_that_cannot_be_read_has_no_newest_candle(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"no candles")

    assert last_close_ms(tmp_path / name, "BTC", HOUR, NOW) is None


@pytest.mark.timeout(30)
@pytest.mark.parametrize("name", ["BTC_USDT.csv", "BTC_USDT.parquet"])
def test_what_is_no_file_of_the_folder_is_not_opened(tmp_path: Path, name: str) -> None:
    write(tmp_path / name, THREE)
    folder = tmp_path / "candles"
    (folder / "fifo").mkdir(parents=True)
    (folder / name).symlink_to(tmp_path / name)
    os.mkfifo(folder / "fifo" / name)

    assert last_close_ms(folder / name, "BTC", HOUR, NOW) is None
    assert last_close_ms(folder / "fifo" / name, "BTC", HOUR, NOW) is None

"""The newest trading day: yesterday, or the last full day in the files."""

import gzip
import os
from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import pytest

from coin_models.db.opening import open_database
from coin_models.errors import SourceRefused, UsageError
from coin_models.market.candle_files import CandleFiles
from coin_models.market.candles import Candles
from coin_models.market.files.peek import last_close_ms
from coin_models.market.timeframe import datetime_of_ms
from coin_models.market.trading_day import complete_days, last_full_day, newest_trading_day
from coin_models.settings.market import MarketSettings
from coin_models.settings.root import Settings
from coin_models_tests.market.builders import DAY, HOUR, clock_after, midnight, shared_data, walk, without

CLOCK = clock_after(DAY + timedelta(days=100))


def _settings(folder: Path, home: Path | None = None) -> Settings:
    return Settings(source="files", timeframe="1h", home=home or folder, market=MarketSettings(files_path=folder))


def _frame(candles: Candles) -> pd.DataFrame:
    return candles.to_frame().reset_index(names="ts")


def _write(folder: Path, coin: str, candles: Candles) -> None:
    _frame(candles).to_parquet(folder / f"{coin}_USDT.parquet")


def test_of_the_demo_market_and_of_an_exchange_it_is_yesterday() -> None:
    assert newest_trading_day(Settings(), clock_after(DAY)) == DAY
    assert newest_trading_day(Settings(source="exchange", universe=("BTC",)), clock_after(DAY)) == DAY


def test_of_files_it_is_the_last_full_day_in_them(tmp_path: Path) -> None:
    _write(
        tmp_path, "BTC", without(walk(3, first=DAY - timedelta(days=1)), slice(60, None))
    )  # ends on DAY + 1 at 12:00

    assert newest_trading_day(_settings(tmp_path), CLOCK) == DAY


def test_files_that_go_on_into_today_do_not_make_today_a_trading_day(tmp_path: Path) -> None:
    _write(tmp_path, "BTC", walk(5, first=DAY))

    assert newest_trading_day(_settings(tmp_path), clock_after(DAY)) == DAY


def test_one_file_that_is_ahead_and_one_that_ended_long_ago_move_nothing(tmp_path: Path) -> None:
    _write(tmp_path, "BTC", walk(2, first=DAY))
    _write(tmp_path, "ETH", walk(1, first=DAY))
    _write(tmp_path, "LUNA", walk(1, first=DAY - timedelta(days=30)))

    assert newest_trading_day(_settings(tmp_path), CLOCK) == DAY


def test_one_late_file_in_ten_holds_nothing_up() -> None:
    days = [DAY] * 9 + [DAY - timedelta(days=1)]

    assert last_full_day(days) == DAY
    assert last_full_day(days[1:]) == DAY - timedelta(days=1)


def test_a_folder_without_a_readable_candle_is_refused(tmp_path: Path) -> None:
    (tmp_path / "BTC_USDT.csv").symlink_to(tmp_path / "gone.csv")
    (tmp_path / "ETH_USDT.csv").write_text("no candles")

    with pytest.raises(SourceRefused, match=r"no file in .* holds a candle that can be read"):
        newest_trading_day(_settings(tmp_path), CLOCK)


def test_an_unchanged_file_is_not_looked_into_again(tmp_path: Path) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    _write(folder, "BTC", walk(1, first=DAY))
    path = folder / "BTC_USDT.parquet"
    database = open_database(_settings(folder, tmp_path))
    files = CandleFiles(database, CLOCK)
    newest_trading_day(_settings(folder, tmp_path), CLOCK, files)
    status = path.stat()
    path.write_bytes(b"x" * status.st_size)  # another look would find nothing
    os.utime(path, ns=(status.st_mtime_ns, status.st_mtime_ns))

    assert newest_trading_day(_settings(folder, tmp_path), CLOCK, files) == DAY
    database.close()


def test_the_newest_candle_is_found_in_every_kind_of_file(tmp_path: Path) -> None:
    candles = walk(20, first=DAY)
    frame = _frame(candles)
    frame.to_parquet(tmp_path / "a.parquet")
    candles.to_frame().to_parquet(tmp_path / "index.parquet")
    frame.to_csv(tmp_path / "a.csv", index=False)
    frame[::-1].to_csv(tmp_path / "newest_first.csv", index=False)
    (tmp_path / "cr.csv").write_bytes(frame.to_csv(index=False).replace("\n", "\r").encode())
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(frame.to_csv(index=False).encode()))
    frame.assign(
        ts=frame.ts.astype("int64") // 10**9
        if frame.ts.dtype == "datetime64[ns, UTC]"
        else [int(stamp.timestamp()) for stamp in frame.ts]
    ).to_csv(tmp_path / "seconds.csv", index=False)

    closes = {path.name: last_close_ms(path, "BTC", HOUR, CLOCK.now()) for path in sorted(tmp_path.iterdir())}

    expected = midnight(DAY + timedelta(days=20))
    assert {name: close and datetime_of_ms(close) for name, close in closes.items()} == dict.fromkeys(closes, expected)


def test_a_line_that_is_half_written_does_not_count(tmp_path: Path) -> None:
    path = tmp_path / "BTC_USDT.csv"
    path.write_text(_frame(walk(1, first=DAY)).to_csv(index=False).rstrip("\n"))

    close = last_close_ms(path, "BTC", HOUR, CLOCK.now())

    assert close is not None
    assert f"{datetime_of_ms(close):%H:%M}" == "23:00"


def test_of_the_real_candles_it_is_a_day_that_all_of_them_hold() -> None:
    settings = Settings(source="files", market=MarketSettings(files_path=shared_data() / "candles_5m"))

    assert newest_trading_day(settings, CLOCK) == date(2024, 9, 5)


def test_a_range_of_days_that_are_over_is_every_day_of_it() -> None:
    assert complete_days(DAY, DAY + timedelta(days=2), CLOCK) == [DAY + timedelta(days=number) for number in range(3)]


@pytest.mark.parametrize(("first", "last", "sentence"), [(1, 0, "is after the last one"), (0, 101, "is not over yet")])
def test_a_range_that_runs_backwards_or_into_today_is_refused(first: int, last: int, sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        complete_days(DAY + timedelta(days=first), DAY + timedelta(days=last), CLOCK)

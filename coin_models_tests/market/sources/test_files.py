"""A folder of files as a source: coins, days, files that change, files that cannot be read."""

import os
from datetime import timedelta
from pathlib import Path

import pytest

from coin_models.errors import CandlesRejected, SourceRefused
from coin_models.market.sources.files import FilesSource
from coin_models_tests.market.builders import DAY, HOUR, candles_at, clock_after

TWO_ROWS = "ts,open,high,low,close,volume\n1723680000,100,102,99,101,10\n1723683600,100,102,99,101,10\n"


def test_a_source_gives_the_days_asked_for_and_only_closed_candles(tmp_path: Path) -> None:
    candles_at(list(range(48))).to_frame().to_parquet(tmp_path / "BTC_USDT.parquet")
    source = FilesSource(tmp_path, "USDT", HOUR, clock_after(DAY, hours=30.5))

    both = source.fetch("BTC", DAY, DAY + timedelta(days=1))

    assert (source.coins(), len(both), len(source.fetch("BTC", DAY, DAY))) == (("BTC",), 30, 24)


def test_a_file_that_grew_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "BTC_USDT.parquet"
    source = FilesSource(tmp_path, "USDT", HOUR, clock_after(DAY))
    candles_at([0]).to_frame().to_parquet(path)
    before = len(source.fetch("BTC", DAY, DAY))

    candles_at([0, 1, 2]).to_frame().to_parquet(path)

    assert (before, len(source.fetch("BTC", DAY, DAY))) == (1, 3)


def test_a_coin_without_a_file_is_refused_with_what_there_is(tmp_path: Path) -> None:
    (tmp_path / "ETH_USDT.csv").touch()
    source = FilesSource(tmp_path, "USDT", HOUR, clock_after(DAY))

    with pytest.raises(SourceRefused, match="no file of BTC_USDT; it has ETH"):
        source.fetch("BTC", DAY, DAY)


def test_a_dangling_link_is_named_with_what_it_points_to(tmp_path: Path) -> None:
    (tmp_path / "BTC_USDT.csv").symlink_to(tmp_path / "gone.csv")
    source = FilesSource(tmp_path, "USDT", HOUR, clock_after(DAY))

    assert source.coins() == ("BTC",)
    with pytest.raises(CandlesRejected, match=r"BTC_USDT.csv is a link to .*gone.csv, which does not exist"):
        source.fetch("BTC", DAY, DAY)


def test_a_fifo_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "BTC_USDT.csv")

    with pytest.raises(CandlesRejected, match=r"BTC_USDT.csv is no regular file; remove it"):
        FilesSource(tmp_path, "USDT", HOUR, clock_after(DAY)).fetch("BTC", DAY, DAY)


def test_a_bad_file_among_two_is_that_coins_problem_alone(tmp_path: Path) -> None:
    for name in ("BTC_USDT.csv", "BTC_USDT.parquet", "ETH_USDT.csv"):
        (tmp_path / name).write_text(TWO_ROWS)
    source = FilesSource(tmp_path, "USDT", HOUR, clock_after(DAY))

    assert len(source.fetch("ETH", DAY, DAY)) == 2
    with pytest.raises(CandlesRejected, match=r"BTC_USDT.parquet cannot be read as candles"):
        source.fetch("BTC", DAY, DAY)

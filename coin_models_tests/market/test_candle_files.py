"""What is known of candle files: their stamps, and the table of files that were read."""

import os
from pathlib import Path

import pytest

from coin_models.db.engine import Database
from coin_models.errors import CandlesRejected
from coin_models.market.candle_files import CandleFiles, FileFacts, FileStamp, stamp_of
from coin_models_tests.market.builders import DAY, clock_after

CLOCK = clock_after(DAY)


def facts(path: str, *, problem: str | None = None) -> FileFacts:
    return FileFacts(
        stamp=FileStamp(path=path, size=7, modified_ns=2**60), sha256="ab", last_close_ms=9, problem=problem
    )


def refusal(path: Path) -> str:
    with pytest.raises(CandlesRejected) as caught:
        stamp_of(path)
    return str(caught.value)


def test_a_coins_files_are_those_that_were_written_last(database: Database) -> None:
    files = CandleFiles(database, CLOCK)
    files.write({"BTC": [facts("a.csv"), facts("b.csv")], "ETH": [facts("e.csv")]})
    files.write({"BTC": [facts("b.csv", problem="no header")]})

    by_coin = files.read()

    assert {coin: [(f.stamp.path, f.problem) for f in coin_files] for coin, coin_files in by_coin.items()} == {
        "BTC": [("b.csv", "no header")],
        "ETH": [("e.csv", None)],
    }
    assert by_coin["ETH"][0].stamp.modified_ns == 2**60
    assert by_coin["ETH"][0].read_at == CLOCK.now()


def test_files_are_read_and_forgotten_by_coin(database: Database) -> None:
    files = CandleFiles(database, CLOCK)
    files.write({"BTC": [facts("a.csv")], "ETH": [facts("e.csv")]})

    files.forget("BTC")

    assert list(files.read()) == ["ETH"]
    assert files.read(["BTC"]) == {}


def test_a_changed_file_has_another_stamp(tmp_path: Path) -> None:
    path = tmp_path / "BTC_USDT.csv"
    path.write_bytes(b"a")
    before = stamp_of(path)
    os.utime(path, ns=(1, 1))

    assert (before.size, stamp_of(path)) == (1, FileStamp(path=str(path), size=1, modified_ns=1))


def test_a_file_that_is_gone_is_named(tmp_path: Path) -> None:
    assert "is not there any more; restore or remove it" in refusal(tmp_path / "BTC_USDT.csv")


def test_a_link_to_a_file_outside_the_folder_is_refused_and_nothing_of_it_is_quoted(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("nologin:x:0:0\n", encoding="utf-8")
    (tmp_path / "candles").mkdir()
    path = tmp_path / "candles" / "BTC_USDT.csv"
    path.symlink_to(tmp_path / "secret.txt")

    message = refusal(path)

    assert "is a link out of its folder" in message
    assert "nologin" not in message


def test_a_link_within_the_folder_is_followed(tmp_path: Path) -> None:
    (tmp_path / "BTC.csv").write_bytes(b"candles")
    (tmp_path / "BTC_USDT.csv").symlink_to("BTC.csv")

    assert stamp_of(tmp_path / "BTC_USDT.csv").size == 7


def test_a_fifo_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "BTC_USDT.csv")

    assert "is no regular file" in refusal(tmp_path / "BTC_USDT.csv")

"""How checked files and stored candles are printed."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from coin_models.cli.candle_tables import folder_json, print_coverage, print_folder
from coin_models.market.files.check import CoinCheck, FileCheck, FolderCheck
from coin_models.market.files.outcomes import LeftOut, Reason
from coin_models.market.holes import Hole
from coin_models.market.inspection import inspect
from coin_models_tests.market.builders import DAY, history_of_candles, walk, without

MIDNIGHT = datetime(2024, 8, 15, tzinfo=UTC)
HOLE = Hole(start=MIDNIGHT, end=MIDNIGHT.replace(hour=2), num_candles=2)
READ = FileCheck(
    name="BTC_[bold]USDT.csv", state="read", layout="coin_models", coin="BTC", timeframe="1h", num_rows=12, num_candles=10,
    holes=(HOLE,), left_out=(LeftOut(reason=Reason.ALL_ZERO, num_rows=2, first="line 4"),),
)  # fmt: skip
IGNORED = tuple(FileCheck(name=f"{k}.txt", state="ignored", reason="no format") for k in range(22))


def _printed(check: FolderCheck, capsys: pytest.CaptureFixture[str]) -> str:
    print_folder(check)
    return " ".join(capsys.readouterr().out.split())


def test_a_file_is_a_row_and_a_line_for_its_holes_and_each_kind_of_left_out_row(
    capsys: pytest.CaptureFixture[str],
) -> None:
    text = _printed(FolderCheck(folder=Path("a"), files=(READ,), coins=()), capsys)

    assert "BTC_[bold]USDT.csv: 1 holes, longest 2024-08-15 00:00 to 2024-08-15 02:00 UTC, 2 candles" in text
    assert "BTC_[bold]USDT.csv: left out: 2 rows, first line 4: all zero" in text


def test_twenty_ignored_files_are_named_and_the_others_counted(capsys: pytest.CaptureFixture[str]) -> None:
    text = _printed(FolderCheck(folder=Path("a"), files=IGNORED, coins=()), capsys)

    assert "ignored: 19.txt: no format ignored: 2 more a holds no candle file that can be read" in text


def test_joined_files_are_summed_up_or_refused(capsys: pytest.CaptureFixture[str]) -> None:
    joined = CoinCheck(coin="BTC", num_files=2, num_candles=1234, num_repeated=5)
    refused = CoinCheck(coin="ETH", num_files=2, problem="a and b differ")

    text = _printed(FolderCheck(folder=Path("a"), files=(READ,), coins=(joined, refused)), capsys)

    assert "BTC: 2 files joined, 1,234 candles, 5 held twice" in text
    assert "a and b differ" in text


def test_json_has_every_hole_and_every_reason() -> None:
    file = folder_json(FolderCheck(folder=Path("a"), files=(READ,), coins=()))["files"][0]

    assert file["holes"] == [{"start": HOLE.start, "end": HOLE.end, "num_candles": 2}]
    assert file["left_out"] == [{"reason": "all zero", "num_rows": 2, "first": "line 4"}]


def test_stored_days_are_a_mark_each(capsys: pytest.CaptureFixture[str]) -> None:
    candles = without(walk(2, first=DAY), slice(30, 42))
    history = history_of_candles(candles, DAY, candles.days[-1])

    print_coverage(inspect("BTC", history), history, (HOLE,), as_json=False)

    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("BTC: 2024-08-15 to 2024-08-16, 2 days of 1h candles, 1 incomplete, 12 candles missing")
    assert lines[1] == "2024-08 " + " " * 14 + "█▅"  # 12 of 24 candles
    assert lines[3] == "2024-08-15 00:00 to 2024-08-15 02:00 UTC, 2 candles"


def test_a_coin_without_candles_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    history = history_of_candles(
        walk(1, first=DAY).slice_days(DAY.replace(year=2020), DAY.replace(year=2020)), DAY, DAY
    )

    print_coverage(inspect("BTC", history), history, (), as_json=False)

    assert capsys.readouterr().out.strip() == "BTC: no candle is stored"

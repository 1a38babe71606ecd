"""What a folder holds, file by file and coin by coin."""

from datetime import date, timedelta
from pathlib import Path

from coin_models.market.candles import Candles
from coin_models.market.files.check import check_folder
from coin_models_tests.market.builders import DAY, HOUR, clock_after, walk, without

HISTORY = walk(4, first=DAY - timedelta(days=3))
CLOCK = clock_after(DAY)


def _dump(folder: Path, name: str, candles: Candles) -> None:
    candles.to_frame().reset_index(names="ts").to_csv(folder / name, index=False)


def test_a_folder_is_checked_file_by_file(tmp_path: Path) -> None:
    _dump(tmp_path, "BTC_USDT.csv", without(HISTORY, slice(10, 13)))
    (tmp_path / "ETH_USDT.csv").write_text("no candles")
    (tmp_path / "notes.txt").touch()

    seen: list[tuple[int, int]] = []
    check = check_folder(tmp_path, "USDT", HOUR, CLOCK.now(), lambda done, of: seen.append((done, of)))

    assert seen == [(1, 2), (2, 2)]
    assert [(file.name, file.state, file.num_candles, file.num_missing) for file in check.files] == [
        ("BTC_USDT.csv", "read", 93, 3),  # 4 * 24 - 3
        ("ETH_USDT.csv", "refused", 0, 0),
        ("notes.txt", "ignored", 0, 0),
    ]
    assert check.files[0].holes[0].start.date() == date(2024, 8, 12)
    assert not check.is_good


def test_files_of_one_coin_are_checked_together(tmp_path: Path) -> None:
    _dump(tmp_path, "BTCUSDT-1h-2024-08-12.csv", HISTORY.slice_days(DAY - timedelta(days=3), DAY - timedelta(days=2)))
    _dump(tmp_path, "BTCUSDT-1h-2024-08-13.csv", HISTORY.slice_days(DAY - timedelta(days=2), DAY))

    check = check_folder(tmp_path, "USDT", HOUR, CLOCK.now())

    assert [(coin.coin, coin.num_files, coin.num_candles, coin.num_repeated) for coin in check.coins] == [
        ("BTC", 2, 96, 24)
    ]
    assert check.is_good


def test_files_of_one_coin_that_contradict_each_other_are_its_problem(tmp_path: Path) -> None:
    _dump(tmp_path, "BTCUSDT-1h-2024-08-12.csv", HISTORY)
    _dump(tmp_path, "BTCUSDT-1h-2024-08-13.csv", walk(4, first=DAY - timedelta(days=3), seed=1))

    (coin,) = (check := check_folder(tmp_path, "USDT", HOUR, CLOCK.now())).coins

    assert "BTCUSDT-1h-2024-08-13.csv" in coin.problem
    assert not check.is_good


def test_a_folder_without_a_candle_file_is_not_good(tmp_path: Path) -> None:
    assert not check_folder(tmp_path, "USDT", HOUR, CLOCK.now()).is_good

"""Folders of candle files, by the names of the files alone."""

from pathlib import Path

import pytest

from coin_models.errors import SourceRefused
from coin_models.market.files.listing import coin_files, list_folder
from coin_models_tests.market.builders import FIVE_MINUTES


def test_a_folder_lists_the_files_of_its_quote_and_timeframe_and_says_why_not_the_others(tmp_path: Path) -> None:
    for name in ("BTC_USDT-5m.feather", "BTC_USDT-1m.feather", "ETH-BUSD.csv", "ADAUSDT-5m-2024-08.csv", ".hidden"):
        (tmp_path / name).touch()

    listing = list_folder(tmp_path, "USDT", FIVE_MINUTES)

    assert {coin: [file.path.name for file in files] for coin, files in listing.coins.items()} == {
        "ADA": ["ADAUSDT-5m-2024-08.csv"],
        "BTC": ["BTC_USDT-5m.feather"],
    }
    assert {path.name: why.partition(":")[0] for path, why in listing.others} == {
        "BTC_USDT-1m.feather": "1m candles by its name, and the timeframe is 5m",
        "ETH-BUSD.csv": "prices in BUSD, and the quote is USDT",
    }


def test_a_folder_without_a_candle_file_is_refused_with_five_names_and_what_to_rename(tmp_path: Path) -> None:
    for number in range(7):
        (tmp_path / f"coin {number}.csv").touch()

    with pytest.raises(
        SourceRefused, match=r"coin 0.csv \(no known name; rename it.*coin 4.csv.*and 2 more"
    ) as refusal:
        coin_files(tmp_path, "USDT", FIVE_MINUTES)

    assert "coin 5.csv" not in str(refusal.value)


def test_a_folder_of_futures_below_is_named(tmp_path: Path) -> None:
    (tmp_path / "futures").mkdir()
    (tmp_path / "futures" / "BTC_USDT_USDT-5m-futures.feather").touch()

    with pytest.raises(SourceRefused, match="its folder futures holds candle files"):
        coin_files(tmp_path, "USDT", FIVE_MINUTES)


def test_a_file_in_place_of_the_folder_is_answered_with_its_folder(tmp_path: Path) -> None:
    (tmp_path / "BTC_USDT.csv").touch()

    with pytest.raises(SourceRefused, match="is a file: name the folder that holds it"):
        list_folder(tmp_path / "BTC_USDT.csv", "USDT", FIVE_MINUTES)

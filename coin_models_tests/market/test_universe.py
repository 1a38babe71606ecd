import subprocess
import sys
from pathlib import Path

import pytest

from coin_models.errors import SourceRefused, UsageError
from coin_models.market.universe import chosen_coins, resolve_universe
from coin_models.settings.market import MarketSettings
from coin_models.settings.root import Settings


def test_the_universe_is_what_the_settings_name_in_their_order() -> None:
    assert resolve_universe(Settings(universe=("SOL", "BTC"))) == ("SOL", "BTC")


def test_the_demo_market_has_twenty_coins() -> None:
    coins = resolve_universe(Settings(source="demo"))

    assert (len(coins), len(set(coins)), coins[0]) == (20, 20, "BTC")


def test_a_folder_lists_the_coins_of_its_files(tmp_path: Path) -> None:
    for name in ("SOL_USDT.csv", "BTC_USDT.parquet", "eth_usdt.csv.gz", "ADA_EUR.csv", "notes.txt", "BTC-USDT.json"):
        (tmp_path / name).touch()

    coins = resolve_universe(Settings(source="files", market=MarketSettings(files_path=tmp_path)))

    assert coins == ("BTC", "ETH", "SOL")


def test_a_coin_with_two_files_is_listed_once_and_a_dangling_link_breaks_nothing(tmp_path: Path) -> None:
    (tmp_path / "BTC_USDT.csv").touch()
    (tmp_path / "BTC_USDT.parquet").touch()
    (tmp_path / "ETH_USDT.csv").symlink_to(tmp_path / "gone.csv")

    assert resolve_universe(Settings(source="files", market=MarketSettings(files_path=tmp_path))) == ("BTC", "ETH")


@pytest.mark.parametrize("folder", ["nowhere", "."])
def test_a_folder_that_is_not_there_or_holds_no_candles_is_refused(tmp_path: Path, folder: str) -> None:
    with pytest.raises(SourceRefused, match="candle file"):
        resolve_universe(Settings(source="files", market=MarketSettings(files_path=tmp_path / folder)))


def test_listing_coins_imports_nothing_heavy() -> None:
    code = (
        "import sys; from coin_models.market.universe import resolve_universe; "
        "print([m for m in ('pandas', 'pyarrow', 'ccxt', 'scipy', 'torch') if m in sys.modules])"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


def test_coins_are_chosen_in_any_spelling_and_come_in_the_order_of_the_universe() -> None:
    assert chosen_coins(["eth", "BTC/USDT"], ("BTC", "SOL", "ETH")) == ["BTC", "ETH"]
    assert chosen_coins([], ("BTC", "SOL")) == ["BTC", "SOL"]


def test_a_coin_that_the_universe_lacks_is_refused() -> None:
    with pytest.raises(UsageError, match="NOPE is not in the universe"):
        chosen_coins(["BTC", "NOPE"], ("BTC",))

import subprocess
import sys
from pathlib import Path

import pytest

from coin_models.market.sources.exchange_list import ExchangeList
from coin_models.market.sources.factory import build_source
from coin_models.settings.market import MarketSettings
from coin_models.settings.root import Settings
from coin_models_tests.market.builders import DAY, candles_at, clock_after


@pytest.mark.parametrize(("exchange", "name"), [("kraken", "exchange kraken"), ("binance", "exchange binance")])
def test_an_exchange_is_opened_by_name_without_asking_it_anything(exchange: str, name: str) -> None:
    settings = Settings(source="exchange", universe=("BTC",), market=MarketSettings(exchange=exchange))

    source = build_source(settings, clock_after(DAY))

    assert (source.name, source.coins()) == (name, ("BTC",))


def test_several_exchanges_become_a_list_in_their_order() -> None:
    market = MarketSettings(exchange="kraken,binance")
    settings = Settings(source="exchange", universe=("BTC",), market=market)

    source = build_source(settings, clock_after(DAY))

    assert isinstance(source, ExchangeList)
    assert source.name == "exchange kraken"  # the first of them serves


def test_the_demo_market_is_built_from_its_seed() -> None:
    days = [
        build_source(Settings(market=MarketSettings(demo_seed=seed)), clock_after(DAY)).fetch("BTC", DAY, DAY)
        for seed in (7, 7, 8)
    ]

    assert days[0].digest() == days[1].digest() != days[2].digest()


def test_a_folder_is_read_with_the_timeframe_and_quote_of_the_settings(tmp_path: Path) -> None:
    candles_at([0, 1]).to_frame().to_parquet(tmp_path / "BTC_EUR.parquet")
    settings = Settings(source="files", quote="EUR", timeframe="1h", market=MarketSettings(files_path=tmp_path))

    candles = build_source(settings, clock_after(DAY)).fetch("BTC", DAY, DAY)

    assert len(candles) == 2


def test_the_demo_market_does_not_import_what_only_exchanges_and_files_need() -> None:
    code = (
        "import sys\n"
        "from coin_models.clock import SystemClock\n"
        "from coin_models.market.sources.factory import build_source\n"
        "from coin_models.settings.root import Settings\n"
        "build_source(Settings(), SystemClock())\n"
        "print([m for m in ('ccxt', 'pandas', 'torch') if m in sys.modules])"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"

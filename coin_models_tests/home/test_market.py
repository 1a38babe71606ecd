"""What identifies a market, and what it is called."""

from pathlib import Path

import pytest

from coin_models.home.market import MarketIdentity, market_line, market_of
from coin_models.settings.market import MarketSettings
from coin_models.settings.root import Settings


def _settings(source: str, home: Path, **market: object) -> Settings:
    return Settings(home=home, source=source, universe=("BTC",), market=MarketSettings(**market))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("source", "market", "name"),
    [
        ("demo", {}, "demo (made up), USDT, 5m"),
        ("demo", {"demo_seed": 8}, "demo (made up, seed 8), USDT, 5m"),
        ("files", {"files_path": "/candles"}, "files in /candles, USDT, 5m"),
        ("exchange", {"exchange": "kraken"}, "kraken spot, USDT, 5m"),
        ("exchange", {"exchange_base_url": "http://h:1/"}, "binance spot at http://h:1, USDT, 5m"),
    ],
)
def test_a_market_has_a_name_for_people(tmp_path: Path, source: str, market: dict[str, object], name: str) -> None:
    settings = _settings(source, tmp_path, **market)

    assert market_of(settings).name_in(settings) == name
    assert market_line(settings) == f"market: {name}; home: {tmp_path}"


def test_files_that_were_moved_are_the_same_market(tmp_path: Path) -> None:
    here, there = (_settings("files", tmp_path, files_path=folder) for folder in ("/here", "/there"))

    assert market_of(here) == market_of(there)


def test_a_home_of_one_exchange_goes_on_with_a_list_that_begins_with_it(tmp_path: Path) -> None:
    alone, pair, other = (
        _settings("exchange", tmp_path, exchange=names) for names in ("binance", "binance,kraken", "kraken,binance")
    )

    assert market_of(alone) == market_of(pair) != market_of(other)
    assert market_of(pair).name_in(pair) == "binance spot (kraken while it is unavailable), USDT, 5m"


def test_settings_of_another_source_do_not_identify_a_market(tmp_path: Path) -> None:
    assert market_of(_settings("demo", tmp_path, exchange="kraken")) == market_of(_settings("demo", tmp_path))


def test_a_base_url_is_remembered_without_its_credentials(tmp_path: Path) -> None:
    market = market_of(_settings("exchange", tmp_path, exchange_base_url="https://me:secret@Host/api/?key=secret"))

    assert market.base_url == "https://host/api"


def test_what_was_written_down_is_read_again_whatever_a_later_version_adds() -> None:
    market = MarketIdentity(source="exchange", exchange="kraken", quote="EUR", timeframe="1h")

    assert MarketIdentity.from_json({**market.to_json(), "of_a_later_version": 1}) == market

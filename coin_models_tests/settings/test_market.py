"""The list of exchanges: as text, as a list, by its short name; and what contradicts itself."""

from pathlib import Path

import pytest

from coin_models.errors import SettingsError
from coin_models.settings.load import load_settings
from coin_models.settings.market import MarketSettings


def test_exchanges_are_read_in_order() -> None:
    assert MarketSettings(exchange=" Binance, kraken,").exchanges == ("binance", "kraken")
    assert load_settings({"market": {"exchange": ["okx", "bybit"]}}).market.exchanges == ("okx", "bybit")


def test_the_short_name_of_the_variable_is_understood(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COIN_MODELS_EXCHANGE", "binance,kraken")

    assert load_settings().market.exchanges == ("binance", "kraken")


def test_one_base_url_is_for_all_exchanges_and_several_are_one_for_each() -> None:
    one = MarketSettings(exchange="binance,kraken", exchange_base_url="http://h")
    each = MarketSettings(exchange="binance,kraken", exchange_base_url=",http://k")

    assert [one.of_exchange(place).base_urls[0] for place in (0, 1)] == ["http://h", "http://h"]
    assert [each.of_exchange(place).base_urls[0] for place in (0, 1)] == [None, "http://k"]
    assert each.of_exchange(1).exchanges == ("kraken",)


@pytest.mark.parametrize(
    ("market", "problem"),
    [
        ({"exchange": ","}, "must name one exchange or several different ones"),
        ({"exchange": "kraken,kraken"}, "must name one exchange or several different ones"),
        ({"exchange": "a,b,c", "exchange_base_url": "http://x,http://y"}, "2 URLs for 3 exchanges"),
    ],
)
def test_a_list_that_contradicts_itself_is_refused(market: dict[str, str], problem: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=problem):
        load_settings({"home": tmp_path, "market": market})

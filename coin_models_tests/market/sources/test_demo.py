"""The demo market as a source: its coins, closed candles only, and coins good enough to be trained."""

from datetime import date, timedelta

import pytest

from coin_models.clock import FixedClock
from coin_models.errors import SourceRefused
from coin_models.market.eligibility import explain
from coin_models.market.sources.demo import DemoSource
from coin_models.market.timeframe import parse_timeframe
from coin_models.settings.market import MarketSettings
from coin_models_tests.market.builders import DAY, FIVE_MINUTES, clock_after, history_of_candles, midnight

LATER = FixedClock(midnight(date(2100, 1, 1)))
DEMO = DemoSource(7, FIVE_MINUTES, LATER)


def test_every_candle_of_every_coin_is_there() -> None:
    for coin in DEMO.coins():
        assert len(DEMO.fetch(coin, DAY, DAY)) == 288


def test_only_candles_that_have_closed_are_given() -> None:
    source = DemoSource(7, FIVE_MINUTES, clock_after(DAY, hours=1.05))  # 01:03

    candles = source.fetch("BTC", DAY, DAY + timedelta(days=1))

    assert len(candles) == 12


def test_every_coin_is_good_enough_to_be_trained() -> None:
    hourly = DemoSource(7, parse_timeframe("1h"), LATER)
    market = MarketSettings()

    first = DAY - timedelta(days=89)
    histories = {coin: history_of_candles(hourly.fetch(coin, first, DAY), first, DAY) for coin in hourly.coins()}
    verdicts = {coin: explain(history, DAY, market, 90) for coin, history in histories.items()}
    refused = {coin: verdict.reason for coin, verdict in verdicts.items() if not verdict.eligible}

    assert refused == {}


def test_a_coin_that_the_market_does_not_have_is_refused() -> None:
    with pytest.raises(SourceRefused, match="no coin 'LUNA'; it has BTC, ETH"):
        DEMO.fetch("LUNA", DAY, DAY)


def test_any_number_of_coins_can_be_asked_of_it() -> None:
    market = DemoSource(7, FIVE_MINUTES, LATER, num_coins=500)

    assert market.coins()[:20] == DEMO.coins()
    assert market.coins()[20:22] == ("DEMO21", "DEMO22")
    assert len(set(market.coins())) == 500
    assert DemoSource(7, FIVE_MINUTES, LATER, num_coins=2).coins() == ("BTC", "ETH")


def test_a_further_coin_has_candles_of_its_own() -> None:
    market = DemoSource(7, FIVE_MINUTES, LATER, num_coins=500)
    candles = {coin: market.fetch(coin, DAY, DAY) for coin in ("BTC", "DEMO21", "DEMO40", "DEMO500")}

    assert {len(coin_candles) for coin_candles in candles.values()} == {288}
    assert len({coin_candles.digest() for coin_candles in candles.values()}) == 4


@pytest.mark.parametrize("coin", ["DEMO", "DEMO0", "DEMO20", "DEMO021", "DEMO100000", "demo21"])
def test_a_name_that_only_looks_like_one_is_refused(coin: str) -> None:
    with pytest.raises(SourceRefused, match=f"the demo market has no coin '{coin}'"):
        DEMO.fetch(coin, DAY, DAY)

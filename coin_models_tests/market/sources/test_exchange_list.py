"""A second exchange while the first is unavailable: when it may serve, and what is stored of its days."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from coin_models.errors import CoinUnknown, SourceBlocked, SourceUnavailable
from coin_models.market.asking import CandleProblem
from coin_models.market.history import SUBSTITUTE, History, row_of
from coin_models.market.sources.exchange import ExchangeSource
from coin_models.market.sources.exchange_list import ExchangeList
from coin_models.market.store import CandleStore
from coin_models.market.timeframe import day_start_ms
from coin_models.settings.market import MarketSettings
from coin_models_tests.market.builders import DAY, HOUR, clock_after
from coin_models_tests.market.exchange_server import (
    ExchangeServer,
    binance_klines,
    binance_markets,
    binance_row,
    kraken_markets,
    serving,
)
from coin_models_tests.market.scripted_source import ask, hourly_store, topped_up
from coin_models_tests.market.sources.binance import Slept

START, HOUR_MS = day_start_ms(DAY), 3_600_000
NEXT = DAY + timedelta(days=1)
KLINES = "/api/v3/klines"


def _kraken_rows(price: float) -> list[list[Any]]:
    prices = list(map(str, (price, price + 2, price - 1, price + 1)))
    return [[START // 1000 + k * 3600, *prices, str(price), "3.0", 7] for k in range(-72, 50)]


def _kraken_at(server: ExchangeServer, price: float) -> None:
    body = {"error": [], "result": {"XBTUSDT": _kraken_rows(price), "last": 0}}
    server.routes["/0/public/OHLC"] = lambda query: (200, body)


@pytest.fixture
def server() -> Iterator[ExchangeServer]:
    with serving() as exchange:
        exchange.routes["/api/v3/exchangeInfo"] = binance_markets("BTC")
        exchange.routes[KLINES] = binance_klines([binance_row(START + k * HOUR_MS) for k in range(-72, 50)])
        exchange.routes["/0/public/Assets"] = lambda query: (200, {"error": [], "result": {}})
        exchange.routes["/0/public/AssetPairs"] = kraken_markets()
        _kraken_at(exchange, 100.1)
        yield exchange


CLOCK_HOURS = 50.0


class Pair:
    """binance,kraken on the loopback server, with a store."""

    def __init__(self, server: ExchangeServer, home: Path) -> None:
        self.server, self.clock = server, clock_after(DAY, hours=CLOCK_HOURS)
        market = MarketSettings(exchange="binance,kraken", exchange_base_url=server.url, exchange_attempts=1)
        sources = [
            ExchangeSource(market.of_exchange(place), ("BTC",), "USDT", HOUR, self.clock, limit=Slept())
            for place in range(2)
        ]
        self.source = ExchangeList(sources, market.exchange_price_tolerance, self.clock)
        self.store: CandleStore = hourly_store(home, self.clock)

    def binance_goes(self) -> None:
        self.server.routes[KLINES] = lambda query: (503, "maintenance")

    def binance_comes_back(self) -> None:
        self.server.routes[KLINES] = binance_klines([binance_row(START + k * HOUR_MS) for k in range(-72, 50)])


@pytest.fixture
def pair(server: ExchangeServer, tmp_path: Path) -> Pair:
    return Pair(server, tmp_path)


def test_the_second_serves_while_the_first_is_away_and_its_days_say_so(pair: Pair) -> None:
    topped_up(pair.source, pair.store, DAY, DAY, pair.clock)
    pair.binance_goes()

    history = topped_up(pair.source, pair.store, DAY, NEXT, pair.clock).history

    index = history.index_of(NEXT)
    assert index is not None
    assert history.source_of(index) == "exchange kraken while binance was unavailable, prices 0.10% apart"
    assert int(row_of(history, NEXT)["num_candles"]) == 24


def test_the_first_replaces_the_seconds_days_once_it_is_back(pair: Pair) -> None:
    topped_up(pair.source, pair.store, DAY, DAY, pair.clock)
    pair.binance_goes()
    topped_up(pair.source, pair.store, DAY, NEXT, pair.clock)
    pair.binance_comes_back()
    pair.clock.advance(timedelta(hours=1))

    outcome = topped_up(pair.source, pair.store, DAY, NEXT, pair.clock)

    assert outcome.changed == (NEXT,)
    assert pair.store.read_day("BTC", NEXT).volume.tolist() == [10.0] * 24
    assert not int(row_of(outcome.history, NEXT)["flags"]) & SUBSTITUTE


def test_prices_that_disagree_keep_the_second_out(pair: Pair) -> None:
    topped_up(pair.source, pair.store, DAY, DAY, pair.clock)
    pair.binance_goes()
    _kraken_at(pair.server, 101.0)

    problem = ask(pair.source, pair.store, DAY, NEXT, pair.clock)

    assert isinstance(problem, CandleProblem)
    assert problem.place == "source"
    assert "its prices of BTC are 0.99% from those of exchange binance, 0.50% are allowed" in str(problem)


def _source_of(history: History, day: date) -> str:
    index = history.index_of(day)
    assert index is not None
    return history.source_of(index)


def test_a_fresh_home_is_served_by_the_second_and_its_days_say_that_nothing_was_compared(pair: Pair) -> None:
    pair.binance_goes()

    history = topped_up(pair.source, pair.store, DAY, NEXT, pair.clock).history

    origin = "exchange kraken while binance was unavailable, prices not compared: nothing of binance was stored"
    assert [_source_of(history, day) for day in (DAY, NEXT)] == [origin, origin]
    assert [int(row_of(history, day)["num_candles"]) for day in (DAY, NEXT)] == [24, 24]


@pytest.mark.parametrize(("price", "apart"), [(100.1, "0.10%"), (150.0, "49.50%")])  # closes 101 against 101.1 and 151
def test_the_first_compares_prices_once_it_is_back_and_replaces_a_fresh_homes_days(
    pair: Pair, price: float, apart: str, caplog: pytest.LogCaptureFixture
) -> None:
    _kraken_at(pair.server, price)
    pair.binance_goes()
    topped_up(pair.source, pair.store, DAY, NEXT, pair.clock)
    pair.binance_comes_back()
    pair.clock.advance(timedelta(hours=1))

    outcome = topped_up(pair.source, pair.store, DAY, NEXT, pair.clock)

    origin = f"exchange binance in place of exchange kraken, prices {apart} apart"
    assert outcome.changed == (DAY, NEXT)
    assert [_source_of(outcome.history, day) for day in (DAY, NEXT)] == [origin, origin]
    assert f"BTC, 2 days from {DAY}: {origin}" in caplog.text
    assert pair.store.read_day("BTC", DAY).volume.tolist() == [10.0] * 24


def test_a_fresh_home_of_a_blocked_region_is_refused_with_what_to_change(pair: Pair) -> None:
    pair.server.routes[KLINES] = lambda query: (451, {"code": 0, "msg": "restricted location"})

    problem = ask(pair.source, pair.store, DAY, DAY, pair.clock)

    assert isinstance(problem, CandleProblem)
    assert isinstance(problem.error, SourceBlocked)
    assert "name another exchange first" in str(problem)


def test_days_before_the_first_ones_of_the_first_are_compared_too(pair: Pair) -> None:
    """A backfill during an outage: what is stored is later than what is missing."""
    topped_up(pair.source, pair.store, NEXT, NEXT, pair.clock)
    pair.binance_goes()
    _kraken_at(pair.server, 150.0)

    problem = ask(pair.source, pair.store, DAY, DAY, pair.clock)

    assert "its prices of BTC are 49.50% from those of exchange binance" in str(problem)


def test_a_substitutes_days_alone_make_no_coin_of_the_first(pair: Pair) -> None:
    pair.binance_goes()
    topped_up(pair.source, pair.store, DAY, DAY, pair.clock)
    pair.binance_comes_back()
    pair.server.routes["/api/v3/exchangeInfo"] = binance_markets("ETH")
    pair.clock.advance(timedelta(hours=2))

    problem = ask(pair.source, pair.store, DAY, DAY, pair.clock)

    assert isinstance(problem, CandleProblem)
    assert isinstance(problem.error, CoinUnknown)


def test_a_coin_that_the_first_does_not_have_is_not_taken_from_the_second(pair: Pair) -> None:
    pair.server.routes["/api/v3/exchangeInfo"] = binance_markets("ETH")

    with pytest.raises(CoinUnknown):
        pair.source.fetch("BTC", DAY, DAY)


def test_an_exchange_that_is_away_is_not_asked_again_for_every_coin(pair: Pair) -> None:
    topped_up(pair.source, pair.store, DAY, DAY, pair.clock)
    pair.binance_goes()
    _kraken_at(pair.server, 150.0)
    before = len(pair.server.asked(KLINES))

    for _ in range(3):
        with pytest.raises(SourceUnavailable):
            pair.source.ask("BTC", NEXT, NEXT, lambda: pair.store.read_day("BTC", DAY))

    assert len(pair.server.asked(KLINES)) == before + 1

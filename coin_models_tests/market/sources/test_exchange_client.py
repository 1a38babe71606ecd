"""Retries of one exchange: the pauses that it requests itself."""

from collections.abc import Iterator

import ccxt
import pytest

from coin_models.errors import SourceRefused, SourceUnavailable
from coin_models.market.sources.exchange_client import ExchangeClient
from coin_models.settings.market import MarketSettings
from coin_models_tests.market.exchange_server import (
    ExchangeServer,
    binance_klines,
    binance_markets,
    binance_row,
    serving,
)

KLINES = "/api/v3/klines"


@pytest.fixture
def server() -> Iterator[ExchangeServer]:
    with serving() as exchange:
        exchange.routes["/api/v3/exchangeInfo"] = binance_markets("BTC")
        yield exchange


def _client(server: ExchangeServer, slept: list[float]) -> ExchangeClient:
    market = MarketSettings(exchange_base_url=server.url, exchange_attempts=3)
    return ExchangeClient(market, slept.append, limit=lambda seconds: None)


def test_a_pause_that_the_exchange_requests_is_waited_for(server: ExchangeServer) -> None:
    left, slept = [(429, "slow down")], list[float]()
    server.headers = {"Retry-After": "12"}
    server.routes[KLINES] = lambda query: left.pop() if left else binance_klines([binance_row(3_600_000)])(query)

    page = _client(server, slept).fetch_page("BTC/USDT", "1h", 0)

    assert (len(page), slept) == (1, [12.0])


def test_a_ban_of_hours_is_not_waited_for(server: ExchangeServer) -> None:
    slept = list[float]()
    server.headers = {"Retry-After": "7200"}
    server.routes[KLINES] = lambda query: (418, "banned")

    with pytest.raises(SourceUnavailable, match="it requests a pause of 7200 s"):
        _client(server, slept).fetch_page("BTC/USDT", "1h", 0)

    assert (slept, len(server.asked(KLINES))) == ([], 1)


def test_between_two_requests_it_waits_as_the_exchanges_rate_limit_requires(server: ExchangeServer) -> None:
    limited = list[float]()
    server.routes[KLINES] = binance_klines([binance_row(3_600_000)])
    client = ExchangeClient(MarketSettings(exchange_base_url=server.url), lambda seconds: None, limited.append)
    client._exchange.rateLimit = 10**7  # ms: however slow this machine is, less has passed since
    client.listing("BTC/USDT", "1h", 0.0)
    before = list(limited)

    client.fetch_page("BTC/USDT", "1h", 0)

    assert before == []  # nothing was requested earlier
    assert len(limited) == 1
    assert 3900 < limited[0] <= 4000  # ccxt counts candles of Binance as 0.4 of a request


def test_an_exchange_that_ccxt_does_not_know_is_refused_before_anything_is_asked() -> None:
    assert "binance" in ccxt.exchanges
    with pytest.raises(SourceRefused, match="no exchange 'binanse'; near: binance"):
        ExchangeClient(MarketSettings(exchange="binanse"), lambda seconds: None)

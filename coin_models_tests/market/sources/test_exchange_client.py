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
    return ExchangeClient(MarketSettings(exchange_base_url=server.url, exchange_attempts=3), slept.append)


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


def test_an_exchange_that_ccxt_does_not_know_is_refused_before_anything_is_asked() -> None:
    assert "binance" in ccxt.exchanges
    with pytest.raises(SourceRefused, match="no exchange 'binanse'; near: binance"):
        ExchangeClient(MarketSettings(exchange="binanse"), lambda seconds: None)

"""Retries of one exchange: the pauses that it requests itself."""

from collections.abc import Iterator

import ccxt
import pytest

from coin_models.errors import SourceRefused, SourceUnavailable
from coin_models.market.sources.exchange_client import ExchangeClient
from coin_models.settings.market import MarketSettings
from coin_models.settings.urls import MaskedUrl
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


def test_user_and_password_of_the_base_url_are_a_header_and_stand_in_no_error(server: ExchangeServer) -> None:
    url = server.url.replace("http://", "http://me:hunter2@")
    market = MarketSettings(exchange_base_url=MaskedUrl(f"{url}?token=hunter2"), exchange_attempts=1)
    client = ExchangeClient(market, lambda seconds: None, limit=lambda seconds: None)
    server.routes[KLINES] = lambda query: (503, "closed")

    with pytest.raises(SourceUnavailable) as refused:
        client.fetch_page("BTC/USDT", "1h", 0)

    assert set(server.authorizations) == {"Basic bWU6aHVudGVyMg=="}
    assert server.asked(KLINES)
    assert "hunter2" not in f"{refused.value!r} {refused.value.__cause__!r}"


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

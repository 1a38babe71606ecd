"""The loopback server, with two markets listed."""

from collections.abc import Iterator

import pytest

from coin_models_tests.market.exchange_server import (
    ExchangeServer,
    binance_markets,
    serving,
)
from coin_models_tests.market.sources.binance import INFO


@pytest.fixture
def server() -> Iterator[ExchangeServer]:
    with serving() as exchange:
        exchange.routes[INFO] = binance_markets("BTC", "ETH")
        yield exchange

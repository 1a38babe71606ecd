"""An unavailable exchange, on the command line: no attempt is used up, the message names it, and all is trained
later.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from coin_models_tests.cli.retraining_homes import CANDLES, LAST, SMALL, actions, states
from coin_models_tests.cli.running import Ran, coin_models
from coin_models_tests.market.exchange_server import ExchangeServer, binance_klines, binance_markets, serving

COINS = ("BTC", "ETH")
MARKETS, KLINES = "/api/v3/exchangeInfo", "/api/v3/klines"
TRIES = 5  # more than `operations.max_attempts`


@pytest.fixture
def exchange() -> Iterator[ExchangeServer]:
    """Binance with two coins."""
    rows = [
        [int(opened), *(repr(float(value)) for value in row), int(opened) + 3_599_999, "1", 5, "5", "5", "0"]
        for opened, row in zip(CANDLES.open_time_ms, CANDLES.ohlcv, strict=True)
    ]
    with serving() as server:
        server.routes = {MARKETS: binance_markets(*COINS), KLINES: binance_klines(rows)}
        yield server


def retrain(folder: Path, exchange: ExchangeServer, *arguments: str) -> Ran:
    named = {
        "source": "exchange", "market_exchange": "binance", "market_exchange_base_url": exchange.url,
        "market_exchange_attempts": "1", "universe": ",".join(COINS),
    }  # fmt: skip
    return coin_models(folder, "retrain", "--day", str(LAST), *arguments, **{**SMALL, **named})


def test_an_exchange_that_is_away_quarantines_no_coin_however_often_it_is_tried(
    tmp_path: Path, exchange: ExchangeServer
) -> None:
    there = dict(exchange.routes)
    exchange.routes = dict.fromkeys(there, lambda query: (503, "maintenance"))

    away = [retrain(tmp_path, exchange, "--json") for _ in range(TRIES)]
    exchange.routes = there
    back = retrain(tmp_path, exchange, "--json")

    assert [(ran.code, states(ran)) for ran in away] == [(1, dict.fromkeys(COINS, "unavailable"))] * TRIES
    assert all("503" in item["reason"] for item in away[-1].json()["coins"].values())
    assert (back.code, actions(back)) == (0, dict.fromkeys(COINS, "trained"))

"""Delistings, renamed coins and maintenance, as an exchange shows them."""

from datetime import timedelta

import pytest

from coin_models.errors import CoinDelisted, SourceUnavailable
from coin_models.market.sources.exchange import ExchangeSource
from coin_models.settings.market import MarketSettings
from coin_models_tests.market.builders import DAY, HOUR, clock_after
from coin_models_tests.market.exchange_server import (
    ExchangeServer,
    binance_klines,
    binance_markets,
)
from coin_models_tests.market.sources.binance import HOUR_MS, INFO, KLINES, START, Slept, binance_source, hourly_rows


def test_a_delisted_symbol_is_refused(server: ExchangeServer) -> None:
    server.routes[INFO] = binance_markets("LUNA", status="BREAK")

    with pytest.raises(CoinDelisted, match="no longer trades LUNA/USDT; take it out of the universe"):
        binance_source(server).fetch("LUNA", DAY, DAY)


def test_days_before_a_delisting_are_served_and_the_last_one_is_named(server: ExchangeServer) -> None:
    server.routes[INFO] = binance_markets("BTC", status="BREAK")
    server.routes[KLINES] = binance_klines(hourly_rows(-48, 24))

    answer = binance_source(server, hours=80).ask("BTC", DAY - timedelta(days=1), DAY + timedelta(days=1))

    assert (len(answer.candles), answer.end and answer.end.last_day) == (48, DAY)


def test_a_delisting_after_the_days_asked_for_does_not_concern_them(server: ExchangeServer) -> None:
    server.routes[INFO] = binance_markets("BTC", status="BREAK")
    server.routes[KLINES] = binance_klines(hourly_rows(-48, 24))

    answer = binance_source(server, hours=80).ask("BTC", DAY - timedelta(days=2), DAY - timedelta(days=1))

    assert (len(answer.candles), answer.end, answer.shown_until_ms) == (48, None, START)


def test_the_last_price_repeated_after_a_delisting_is_no_candle(server: ExchangeServer) -> None:
    flat = [[START + k * HOUR_MS, "101", "101", "101", "101", "0", 0, "0", 0, "0", "0", "0"] for k in range(24, 72)]
    server.routes[INFO] = binance_markets("BTC", status="BREAK")
    server.routes[KLINES] = binance_klines([*hourly_rows(-24, 24), *flat])

    answer = binance_source(server, hours=100).ask("BTC", DAY, DAY + timedelta(days=1))

    assert (answer.candles.days, answer.end and answer.end.last_day) == ([DAY], DAY)
    assert answer.origins[DAY + timedelta(days=1)].endswith("24 rows left out (24 no trade after the coin's end)")


@pytest.mark.parametrize(("ends", "has_ended"), [("1723766400000", True), ("1723852800000", False)])
def test_okx_says_itself_when_a_market_was_closed(server: ExchangeServer, ends: str, has_ended: bool) -> None:
    instrument = {
        "instType": "SPOT", "instId": "BTC-USDT", "baseCcy": "BTC", "quoteCcy": "USDT", "state": "suspend",
        "tickSz": "0.1", "lotSz": "0.00000001", "minSz": "0.00001", "expTime": ends,
    }  # fmt: skip
    rows = [[str(START + k * HOUR_MS), "100", "102", "99", "101", "10", "1", "1", "1"] for k in range(24)]
    server.routes["/api/v5/public/instruments"] = lambda query: (200, {"code": "0", "data": [instrument]})
    server.routes["/api/v5/market/history-candles"] = lambda query: (200, {"code": "0", "data": rows[::-1]})

    answer = binance_source(server, exchange="okx", hours=80).ask("BTC", DAY, DAY)

    assert (answer.end is not None, len(answer.candles)) == (has_ended, 24)


def test_an_exchange_that_trades_nothing_is_under_maintenance_and_has_delisted_nothing(server: ExchangeServer) -> None:
    server.routes[INFO] = binance_markets("BTC", *(f"C{k}" for k in range(19)), status="BREAK")

    with pytest.raises(SourceUnavailable, match="binance trades none of its 20 markets now: maintenance"):
        binance_source(server).fetch("BTC", DAY, DAY)


def test_a_renamed_coin_that_is_no_longer_listed_has_ended_and_its_successor_is_named(server: ExchangeServer) -> None:
    with pytest.raises(CoinDelisted, match="FTM became S on 2025-01-16: name S in the universe"):
        binance_source(server).fetch("FTM", DAY, DAY)


def test_a_renamed_coins_history_begins_with_its_predecessors(server: ExchangeServer) -> None:
    rows = {"FTMUSDT": hourly_rows(-48, 3), "SUSDT": hourly_rows(10, 26)}
    server.routes[INFO] = binance_markets("FTM", "S")
    server.routes[KLINES] = lambda query: binance_klines(rows[query["symbol"]])(query)

    answer = binance_source(server).ask("S", DAY - timedelta(days=1), DAY)

    assert (len(answer.candles), answer.candles.days) == (24 + 3 + 14, [DAY - timedelta(days=1), DAY])
    assert answer.origins[DAY - timedelta(days=1)] == "exchange binance, as FTM before it became S"


def test_a_delisting_is_seen_by_a_process_that_runs_for_hours(server: ExchangeServer) -> None:
    server.routes[KLINES] = binance_klines(hourly_rows(0, 24))
    market = MarketSettings(exchange_base_url=server.url)
    clock = clock_after(DAY, hours=60)
    source = ExchangeSource(market, ("BTC",), "USDT", HOUR, clock, sleep=Slept(), limit=Slept())
    before = source.ask("BTC", DAY, DAY)
    server.routes[INFO] = binance_markets("BTC", status="BREAK")
    clock.advance(timedelta(hours=1, seconds=1))

    after = source.ask("BTC", DAY, DAY)

    assert (before.end, after.end is not None) == (None, True)

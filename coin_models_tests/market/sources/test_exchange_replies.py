"""Replies that are well formed and mean something else: two rows of one time, times in another unit, no market at all."""

import pytest

from coin_models.errors import CandlesRejected, SourceUnavailable
from coin_models_tests.market.builders import DAY
from coin_models_tests.market.exchange_server import ExchangeServer, binance_klines, binance_row
from coin_models_tests.market.sources.binance import HOUR_MS, INFO, KLINES, START, binance_source, hourly_rows


def test_two_rows_of_one_time_in_a_page_that_differ_are_refused(server: ExchangeServer) -> None:
    rows = [*hourly_rows(0, 4), binance_row(START + 3 * HOUR_MS, price=200.0), *hourly_rows(4, 24)]
    server.routes[KLINES] = binance_klines(rows)

    with pytest.raises(CandlesRejected, match="two rows give different candles for 2024-08-15 03:00 UTC"):
        binance_source(server).ask("BTC", DAY, DAY)


def test_a_last_row_that_is_repeated_alike_is_one_candle(server: ExchangeServer) -> None:
    server.routes[KLINES] = binance_klines([*hourly_rows(0, 24), *hourly_rows(23, 24)])

    assert len(binance_source(server).ask("BTC", DAY, DAY).candles) == 24


def test_times_in_another_unit_prove_nothing_and_are_refused(server: ExchangeServer) -> None:
    rows = [[int(str(row[0])) * 1000, *row[1:]] for row in hourly_rows(0, 24)]
    server.routes[KLINES] = lambda query: (200, rows)

    with pytest.raises(CandlesRejected, match="more than a day after now"):
        binance_source(server).ask("BTC", DAY, DAY)


@pytest.mark.parametrize("body", [{"timezone": "UTC", "symbols": []}, {"symbols": None}, []])
def test_a_list_without_any_market_makes_no_coin_unknown(server: ExchangeServer, body: object) -> None:
    server.routes[INFO] = lambda query: (200, body)

    with pytest.raises(SourceUnavailable, match="lists no market at all now"):
        binance_source(server).ask("BTC", DAY, DAY)


def test_a_pause_that_is_no_number_of_seconds_is_left_to_the_backoff(server: ExchangeServer) -> None:
    server.headers["Retry-After"] = "\u00b2"
    server.routes[KLINES] = lambda query: (429, {"code": -1003, "msg": "Too many requests"})

    with pytest.raises(SourceUnavailable, match="Too many requests"):
        binance_source(server, attempts=1).ask("BTC", DAY, DAY)

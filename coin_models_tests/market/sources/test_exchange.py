"""Candles of an exchange: pages, retries, refusals and rows that are no candles."""

from datetime import date, timedelta

import pytest

from coin_models.errors import CandlesRejected, CoinUnknown, SourceRefused, SourceUnavailable
from coin_models_tests.market.builders import DAY
from coin_models_tests.market.exchange_server import (
    ExchangeServer,
    Reply,
    binance_klines,
    kraken_markets,
    serving,
)
from coin_models_tests.market.sources.binance import (
    HOUR_MS,
    INFO,
    KLINES,
    START,
    Slept,
    binance_source,
    failing,
    hourly_rows,
)


def test_a_day_is_fetched_and_nothing_beside_it(server: ExchangeServer) -> None:
    server.routes[KLINES] = binance_klines(hourly_rows(-24, 26))

    candles = binance_source(server).fetch("BTC", DAY, DAY)

    assert (len(candles), candles.days) == (24, [DAY])
    assert candles.ohlcv[0].tolist() == [100, 102, 99, 101, 10]


def test_a_long_range_is_fetched_page_by_page_without_asking_twice_for_a_candle(server: ExchangeServer) -> None:
    server.routes[KLINES] = binance_klines(hourly_rows(-2376, 24))  # 100 days: 2400 candles, 1000 a page

    candles = binance_source(server).fetch("BTC", DAY - timedelta(days=99), DAY)

    starts = [int(query["startTime"]) for query in server.asked(KLINES)]
    assert len(candles) == 2400
    assert starts == [START + k * HOUR_MS for k in (-2376, -1376, -376)]


def test_the_markets_are_listed_once_for_all_coins(server: ExchangeServer) -> None:
    server.routes[KLINES] = binance_klines(hourly_rows(0, 24))
    source = binance_source(server)

    for coin in ("BTC", "ETH"):
        source.fetch(coin, DAY, DAY)

    assert len(server.asked(INFO)) == 1


def test_days_before_a_listing_come_back_empty_though_an_exchange_answers_for_a_window(server: ExchangeServer) -> None:
    def windowed(query: dict[str, str]) -> Reply:
        end = int(query["startTime"]) + int(query["limit"]) * HOUR_MS
        return 200, [row for row in hourly_rows(0, 24) if int(query["startTime"]) <= int(str(row[0])) < end]

    server.routes[KLINES] = windowed

    candles = binance_source(server).fetch("BTC", DAY - timedelta(days=90), DAY)

    assert (len(candles), candles.days) == (24, [DAY])


@pytest.mark.parametrize(("hours", "num_candles"), [(5.5, 5), (6.0, 5), (6.01, 5), (6.02, 6)])
def test_a_candle_counts_once_it_has_been_closed_for_a_minute(
    server: ExchangeServer, hours: float, num_candles: int
) -> None:
    server.routes[KLINES] = binance_klines(hourly_rows(0, 7))  # the seventh is still forming at 06:01

    assert len(binance_source(server, hours=hours).fetch("BTC", DAY, DAY)) == num_candles


def test_a_gap_stays_a_gap(server: ExchangeServer) -> None:
    server.routes[KLINES] = binance_klines(hourly_rows(0, 5) + hourly_rows(9, 24))

    candles = binance_source(server).fetch("BTC", DAY, DAY)

    assert [(time - START) // HOUR_MS for time in candles.open_time_ms[3:7]] == [3, 4, 9, 10]


@pytest.mark.parametrize(
    "failure",
    [
        (503, "maintenance"),
        (503, {"code": -1, "msg": "system maintenance"}),  # an ExchangeError to ccxt
        (418, "banned"),
        (429, "slow down"),
        (500, "{}"),
        (502, "<html>bad gateway</html>"),
    ],
)
def test_what_is_transient_is_tried_again_with_growing_delays(server: ExchangeServer, failure: Reply) -> None:
    server.routes[KLINES] = failing(3, failure, binance_klines(hourly_rows(0, 24)))
    slept = Slept()

    candles = binance_source(server, slept=slept).fetch("BTC", DAY, DAY)

    assert (len(candles), slept) == (24, [0.5, 1.0, 2.0])


def test_what_stays_transient_is_unavailable_after_the_attempts_of_the_settings(server: ExchangeServer) -> None:
    server.routes[KLINES] = lambda query: (503, "maintenance")
    slept = Slept()

    with pytest.raises(SourceUnavailable, match=r"tried to fetch BTC/USDT 1h from binance.*503"):
        binance_source(server, attempts=3, slept=slept).fetch("BTC", DAY, DAY)

    assert (len(server.asked(KLINES)), slept) == (3, [0.5, 1.0])


def test_an_exchange_that_cannot_be_reached_is_unavailable() -> None:
    with serving() as gone:
        pass

    with pytest.raises(SourceUnavailable, match="list the markets of binance"):
        binance_source(gone, attempts=2).fetch("BTC", DAY, DAY)


def test_a_page_that_is_no_json_is_tried_again(server: ExchangeServer) -> None:
    server.routes[KLINES] = failing(1, (200, "<html>checking your browser</html>"), binance_klines(hourly_rows(0, 24)))
    slept = Slept()

    assert len(binance_source(server, slept=slept).fetch("BTC", DAY, DAY)) == 24
    assert slept == [0.5]


def test_an_outage_that_ended_leaves_nothing_behind(server: ExchangeServer) -> None:
    server.routes[KLINES] = lambda query: (503, "maintenance")
    source = binance_source(server, attempts=1)
    with pytest.raises(SourceUnavailable):
        source.fetch("BTC", DAY, DAY)
    server.routes[KLINES] = binance_klines(hourly_rows(0, 24))

    assert len(source.fetch("BTC", DAY, DAY)) == 24


@pytest.mark.parametrize("status", [451, 403])
def test_a_region_block_is_refused_at_once(server: ExchangeServer, status: int) -> None:
    server.routes[INFO] = lambda query: (status, {"code": 0, "msg": "Service unavailable from a restricted location"})
    slept = Slept()

    with pytest.raises(SourceRefused, match="does not serve this region"):
        binance_source(server, slept=slept).fetch("BTC", DAY, DAY)

    assert (slept, len(server.requests)) == ([], 1)


def test_an_error_inside_a_200_is_refused_in_the_exchanges_words(server: ExchangeServer) -> None:
    server.routes = {
        "/0/public/Assets": lambda query: (200, {"error": [], "result": {}}),
        "/0/public/AssetPairs": kraken_markets(),
        "/0/public/OHLC": lambda query: (200, {"error": ["EGeneral:Invalid arguments"]}),
    }

    with pytest.raises(SourceRefused, match="EGeneral:Invalid arguments"):
        binance_source(server, exchange="kraken").fetch("BTC", DAY, DAY)


def test_an_unknown_symbol_is_refused_with_near_ones(server: ExchangeServer) -> None:
    with pytest.raises(CoinUnknown, match="binance has no market BTCC/USDT; near: BTC/USDT"):
        binance_source(server).fetch("BTCC", DAY, DAY)


def test_a_row_still_forming_on_the_next_day_shows_that_the_day_is_over(server: ExchangeServer) -> None:
    server.routes[KLINES] = binance_klines(
        [*hourly_rows(0, 23), *hourly_rows(25, 27)]
    )  # nothing was traded from 23:00 to 01:00

    answer = binance_source(server).ask("BTC", DAY, DAY)

    assert (len(answer.candles), answer.shown_until_ms) == (23, START + 24 * HOUR_MS)


def test_a_forming_row_shows_nothing_while_the_days_last_candle_may_still_be_revised(server: ExchangeServer) -> None:
    server.routes[KLINES] = binance_klines(hourly_rows(0, 25))

    answer = binance_source(server, hours=24.01).ask("BTC", DAY, DAY)  # 36 s after midnight

    assert answer.shown_until_ms == START + 23 * HOUR_MS


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({5: None}, "no volume"),
        (dict.fromkeys(range(1, 6), "0"), "all zero"),
        (dict.fromkeys(range(1, 5)), "no prices"),
    ],
)
def test_a_row_that_is_no_candle_costs_that_candle_alone_and_is_counted(
    server: ExchangeServer, change: dict[int, str | None], reason: str
) -> None:
    rows = hourly_rows(0, 24)
    for place, value in change.items():
        rows[7][place] = value
    server.routes[KLINES] = binance_klines(rows)

    answer = binance_source(server).ask("BTC", DAY, DAY)

    assert len(answer.candles) == 23
    assert dict(answer.origins) == {DAY: f"exchange binance, 1 row left out (1 {reason})"}


def test_an_unknown_exchange_is_refused_with_near_ones(server: ExchangeServer) -> None:
    with pytest.raises(SourceRefused, match="no exchange 'binanse'; near: binance"):
        binance_source(server, exchange="binanse")


def test_candles_that_cannot_be_are_refused_by_exchange_symbol_and_time_where_they_are_many(
    server: ExchangeServer,
) -> None:
    bad = hourly_rows(1, 5)
    for row in bad:
        row[3] = "0"  # low

    server.routes[KLINES] = binance_klines([*hourly_rows(0, 1), *bad, *hourly_rows(5, 24)])

    with pytest.raises(CandlesRejected, match=r"exchange binance, BTC/USDT: .*2024-08-15 01:00 UTC.*zero or less"):
        binance_source(server).fetch("BTC", DAY, DAY)


def test_an_exchange_that_keeps_only_its_newest_candles_is_not_taken_for_a_listing(server: ExchangeServer) -> None:
    newest = hourly_rows(24 - 1000 + 3, 27)  # a full page that ends with the candle forming at 26:00
    server.routes[KLINES] = lambda query: (200, newest)

    with pytest.raises(SourceRefused, match="serves only its newest 1000 candles"):
        binance_source(server).fetch("BTC", date(2024, 5, 1), DAY)


def test_the_query_of_a_failed_request_is_not_repeated_in_its_error(server: ExchangeServer) -> None:
    server.routes[KLINES] = lambda query: (404, "gone")

    with pytest.raises((SourceRefused, SourceUnavailable)) as caught:
        binance_source(server, attempts=1).fetch("BTC", DAY, DAY)

    assert "startTime" not in str(caught.value)

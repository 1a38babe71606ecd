from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from coin_models.errors import CandlesRejected, CoinDelisted, CoinUnknown, SourceRefused, SourceUnavailable
from coin_models.market.sources.exchange import ExchangeSource
from coin_models.market.timeframe import day_start_ms
from coin_models.settings.market import MarketSettings
from coin_models_tests.market.builders import DAY, HOUR, clock_after
from coin_models_tests.market.exchange_server import (
    ExchangeServer,
    Reply,
    Route,
    binance_klines,
    binance_markets,
    binance_row,
    kraken_markets,
    serving,
)

KLINES, INFO = "/api/v3/klines", "/api/v3/exchangeInfo"
START = day_start_ms(DAY)
HOUR_MS = 3_600_000


@pytest.fixture
def server() -> Iterator[ExchangeServer]:
    with serving() as exchange:
        exchange.routes[INFO] = binance_markets("BTC", "ETH")
        yield exchange


class Slept(list[float]):
    """A sleep that does not wait and remembers for how long it should have."""

    def __call__(self, seconds: float) -> None:
        self.append(seconds)


def _source(
    server: ExchangeServer,
    *,
    exchange: str = "binance",
    attempts: int = 4,
    hours: float = 26,
    slept: Slept | None = None,
) -> ExchangeSource:
    market = MarketSettings(exchange=exchange, exchange_base_url=server.url, exchange_attempts=attempts)
    return ExchangeSource(
        market, ("BTC",), "USDT", HOUR, clock_after(DAY, hours=hours), sleep=Slept() if slept is None else slept
    )


def _hours(first: int, stop: int) -> list[list[object]]:
    return [binance_row(START + k * HOUR_MS) for k in range(first, stop)]


def _failing(times: int, failure: Reply, then: Route) -> Route:
    left = [failure] * times
    return lambda query: left.pop() if left else then(query)


def test_a_day_is_fetched_and_nothing_beside_it(server: ExchangeServer) -> None:
    server.routes[KLINES] = binance_klines(_hours(-24, 26))

    candles = _source(server).fetch("BTC", DAY, DAY)

    assert (len(candles), candles.days) == (24, [DAY])
    assert candles.ohlcv[0].tolist() == [100, 102, 99, 101, 10]


def test_a_long_range_is_fetched_page_by_page_without_asking_twice_for_a_candle(server: ExchangeServer) -> None:
    server.routes[KLINES] = binance_klines(_hours(-2376, 24))  # 100 days: 2400 candles, 1000 a page

    candles = _source(server).fetch("BTC", DAY - timedelta(days=99), DAY)

    starts = [int(query["startTime"]) for query in server.asked(KLINES)]
    assert len(candles) == 2400
    assert starts == [START + k * HOUR_MS for k in (-2376, -1376, -376)]


def test_the_markets_are_listed_once_for_all_coins(server: ExchangeServer) -> None:
    server.routes[KLINES] = binance_klines(_hours(0, 24))
    source = _source(server)

    for coin in ("BTC", "ETH"):
        source.fetch(coin, DAY, DAY)

    assert len(server.asked(INFO)) == 1


def test_days_before_a_listing_come_back_empty_though_an_exchange_answers_for_a_window(server: ExchangeServer) -> None:
    def windowed(query: dict[str, str]) -> Reply:
        end = int(query["startTime"]) + int(query["limit"]) * HOUR_MS
        return 200, [row for row in _hours(0, 24) if int(query["startTime"]) <= int(str(row[0])) < end]

    server.routes[KLINES] = windowed

    candles = _source(server).fetch("BTC", DAY - timedelta(days=90), DAY)

    assert (len(candles), candles.days) == (24, [DAY])


@pytest.mark.parametrize(("hours", "num_candles"), [(5.5, 5), (6.0, 5), (6.01, 5), (6.02, 6)])
def test_a_candle_counts_once_it_has_been_closed_for_a_minute(
    server: ExchangeServer, hours: float, num_candles: int
) -> None:
    server.routes[KLINES] = binance_klines(_hours(0, 7))  # the seventh is still forming at 06:01

    assert len(_source(server, hours=hours).fetch("BTC", DAY, DAY)) == num_candles


def test_a_gap_stays_a_gap(server: ExchangeServer) -> None:
    server.routes[KLINES] = binance_klines(_hours(0, 5) + _hours(9, 24))

    candles = _source(server).fetch("BTC", DAY, DAY)

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
    server.routes[KLINES] = _failing(3, failure, binance_klines(_hours(0, 24)))
    slept = Slept()

    candles = _source(server, slept=slept).fetch("BTC", DAY, DAY)

    assert (len(candles), slept) == (24, [0.5, 1.0, 2.0])


def test_what_stays_transient_is_unavailable_after_the_attempts_of_the_settings(server: ExchangeServer) -> None:
    server.routes[KLINES] = lambda query: (503, "maintenance")
    slept = Slept()

    with pytest.raises(SourceUnavailable, match=r"tried to fetch BTC/USDT 1h from binance.*503"):
        _source(server, attempts=3, slept=slept).fetch("BTC", DAY, DAY)

    assert (len(server.asked(KLINES)), slept) == (3, [0.5, 1.0])


def test_an_exchange_that_cannot_be_reached_is_unavailable() -> None:
    with serving() as gone:
        pass

    with pytest.raises(SourceUnavailable, match="list the markets of binance"):
        _source(gone, attempts=2).fetch("BTC", DAY, DAY)


def test_a_page_that_is_no_json_is_tried_again(server: ExchangeServer) -> None:
    server.routes[KLINES] = _failing(1, (200, "<html>checking your browser</html>"), binance_klines(_hours(0, 24)))
    slept = Slept()

    assert len(_source(server, slept=slept).fetch("BTC", DAY, DAY)) == 24
    assert slept == [0.5]


def test_an_outage_that_ended_leaves_nothing_behind(server: ExchangeServer) -> None:
    server.routes[KLINES] = lambda query: (503, "maintenance")
    source = _source(server, attempts=1)
    with pytest.raises(SourceUnavailable):
        source.fetch("BTC", DAY, DAY)
    server.routes[KLINES] = binance_klines(_hours(0, 24))

    assert len(source.fetch("BTC", DAY, DAY)) == 24


@pytest.mark.parametrize("status", [451, 403])
def test_a_region_block_is_refused_at_once(server: ExchangeServer, status: int) -> None:
    server.routes[INFO] = lambda query: (status, {"code": 0, "msg": "Service unavailable from a restricted location"})
    slept = Slept()

    with pytest.raises(SourceRefused, match="does not serve this region"):
        _source(server, slept=slept).fetch("BTC", DAY, DAY)

    assert (slept, len(server.requests)) == ([], 1)


def test_an_error_inside_a_200_is_refused_in_the_exchanges_words(server: ExchangeServer) -> None:
    server.routes = {
        "/0/public/Assets": lambda query: (200, {"error": [], "result": {}}),
        "/0/public/AssetPairs": kraken_markets(),
        "/0/public/OHLC": lambda query: (200, {"error": ["EGeneral:Invalid arguments"]}),
    }

    with pytest.raises(SourceRefused, match="EGeneral:Invalid arguments"):
        _source(server, exchange="kraken").fetch("BTC", DAY, DAY)


def test_an_unknown_symbol_is_refused_with_near_ones(server: ExchangeServer) -> None:
    with pytest.raises(CoinUnknown, match="binance has no market BTCC/USDT; near: BTC/USDT"):
        _source(server).fetch("BTCC", DAY, DAY)


def test_a_delisted_symbol_is_refused(server: ExchangeServer) -> None:
    server.routes[INFO] = binance_markets("LUNA", status="BREAK")

    with pytest.raises(CoinDelisted, match="no longer trades LUNA/USDT; take it out of the universe"):
        _source(server).fetch("LUNA", DAY, DAY)


def test_days_before_a_delisting_are_served_and_the_last_one_is_named(server: ExchangeServer) -> None:
    server.routes[INFO] = binance_markets("BTC", status="BREAK")
    server.routes[KLINES] = binance_klines(_hours(-48, 24))

    answer = _source(server, hours=80).ask("BTC", DAY - timedelta(days=1), DAY + timedelta(days=1))

    assert (len(answer.candles), answer.end and answer.end.last_day) == (48, DAY)


def test_a_delisting_after_the_days_asked_for_does_not_concern_them(server: ExchangeServer) -> None:
    server.routes[INFO] = binance_markets("BTC", status="BREAK")
    server.routes[KLINES] = binance_klines(_hours(-48, 24))

    answer = _source(server, hours=80).ask("BTC", DAY - timedelta(days=2), DAY - timedelta(days=1))

    assert (len(answer.candles), answer.end, answer.shown_until_ms) == (48, None, START)


def test_the_last_price_repeated_after_a_delisting_is_no_candle(server: ExchangeServer) -> None:
    flat = [[START + k * HOUR_MS, "101", "101", "101", "101", "0", 0, "0", 0, "0", "0", "0"] for k in range(24, 72)]
    server.routes[INFO] = binance_markets("BTC", status="BREAK")
    server.routes[KLINES] = binance_klines([*_hours(-24, 24), *flat])

    answer = _source(server, hours=100).ask("BTC", DAY, DAY + timedelta(days=1))

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

    answer = _source(server, exchange="okx", hours=80).ask("BTC", DAY, DAY)

    assert (answer.end is not None, len(answer.candles)) == (has_ended, 24)


def test_an_exchange_that_trades_nothing_is_under_maintenance_and_has_delisted_nothing(server: ExchangeServer) -> None:
    server.routes[INFO] = binance_markets("BTC", *(f"C{k}" for k in range(19)), status="BREAK")

    with pytest.raises(SourceUnavailable, match="binance trades none of its 20 markets now: maintenance"):
        _source(server).fetch("BTC", DAY, DAY)


def test_a_renamed_coin_that_is_no_longer_listed_has_ended_and_its_successor_is_named(server: ExchangeServer) -> None:
    with pytest.raises(CoinDelisted, match="FTM became S on 2025-01-16: name S in the universe"):
        _source(server).fetch("FTM", DAY, DAY)


def test_a_renamed_coins_history_begins_with_its_predecessors(server: ExchangeServer) -> None:
    rows = {"FTMUSDT": _hours(-48, 3), "SUSDT": _hours(10, 26)}
    server.routes[INFO] = binance_markets("FTM", "S")
    server.routes[KLINES] = lambda query: binance_klines(rows[query["symbol"]])(query)

    answer = _source(server).ask("S", DAY - timedelta(days=1), DAY)

    assert (len(answer.candles), answer.candles.days) == (24 + 3 + 14, [DAY - timedelta(days=1), DAY])
    assert answer.origins[DAY - timedelta(days=1)] == "exchange binance, as FTM before it became S"


def test_a_delisting_is_seen_by_a_process_that_runs_for_hours(server: ExchangeServer) -> None:
    server.routes[KLINES] = binance_klines(_hours(0, 24))
    market = MarketSettings(exchange_base_url=server.url)
    clock = clock_after(DAY, hours=60)
    source = ExchangeSource(market, ("BTC",), "USDT", HOUR, clock, sleep=Slept())
    before = source.ask("BTC", DAY, DAY)
    server.routes[INFO] = binance_markets("BTC", status="BREAK")
    clock.advance(timedelta(hours=1, seconds=1))

    after = source.ask("BTC", DAY, DAY)

    assert (before.end, after.end is not None) == (None, True)


def test_a_row_still_forming_on_the_next_day_shows_that_the_day_is_over(server: ExchangeServer) -> None:
    server.routes[KLINES] = binance_klines([*_hours(0, 23), *_hours(25, 27)])  # nothing was traded from 23:00 to 01:00

    answer = _source(server).ask("BTC", DAY, DAY)

    assert (len(answer.candles), answer.shown_until_ms) == (23, START + 24 * HOUR_MS)


def test_a_forming_row_shows_nothing_while_the_days_last_candle_may_still_be_revised(server: ExchangeServer) -> None:
    server.routes[KLINES] = binance_klines(_hours(0, 25))

    answer = _source(server, hours=24.01).ask("BTC", DAY, DAY)  # 36 s after midnight

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
    rows = _hours(0, 24)
    for place, value in change.items():
        rows[7][place] = value
    server.routes[KLINES] = binance_klines(rows)

    answer = _source(server).ask("BTC", DAY, DAY)

    assert len(answer.candles) == 23
    assert dict(answer.origins) == {DAY: f"exchange binance, 1 row left out (1 {reason})"}


def test_an_unknown_exchange_is_refused_with_near_ones(server: ExchangeServer) -> None:
    with pytest.raises(SourceRefused, match="no exchange 'binanse'; near: binance"):
        _source(server, exchange="binanse")


def test_candles_that_cannot_be_are_refused_by_exchange_symbol_and_time_where_they_are_many(
    server: ExchangeServer,
) -> None:
    bad = _hours(1, 5)
    for row in bad:
        row[3] = "0"  # low

    server.routes[KLINES] = binance_klines([*_hours(0, 1), *bad, *_hours(5, 24)])

    with pytest.raises(CandlesRejected, match=r"exchange binance, BTC/USDT: .*2024-08-15 01:00 UTC.*zero or less"):
        _source(server).fetch("BTC", DAY, DAY)


def test_an_exchange_that_keeps_only_its_newest_candles_is_not_taken_for_a_listing(server: ExchangeServer) -> None:
    newest = _hours(24 - 1000 + 3, 27)  # a full page that ends with the candle forming at 26:00
    server.routes[KLINES] = lambda query: (200, newest)

    with pytest.raises(SourceRefused, match="serves only its newest 1000 candles"):
        _source(server).fetch("BTC", date(2024, 5, 1), DAY)


def test_the_query_of_a_failed_request_is_not_repeated_in_its_error(server: ExchangeServer) -> None:
    server.routes[KLINES] = lambda query: (404, "gone")

    with pytest.raises((SourceRefused, SourceUnavailable)) as caught:
        _source(server, attempts=1).fetch("BTC", DAY, DAY)

    assert "startTime" not in str(caught.value)

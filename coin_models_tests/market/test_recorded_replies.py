"""Replies recorded from real exchanges, replayed over loopback through the real ccxt client."""

import json
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from coin_models.clock import FixedClock
from coin_models.errors import SourceRefused
from coin_models.market.sources.exchange import ExchangeSource
from coin_models.market.timeframe import day_of_ms, parse_timeframe
from coin_models.settings.market import MarketSettings
from coin_models_tests.market.builders import shared_data
from coin_models_tests.market.exchange_server import (
    ExchangeServer,
    Route,
    binance_klines,
    binance_markets,
    kraken_markets,
    serving,
)
from coin_models_tests.market.recorded_markets import CANDLE_PATHS, MARKETS
from coin_models_tests.market.sources.binance import Slept


def _recorded(name: str) -> Any:
    return json.loads((shared_data() / "exchange_responses" / f"{name}.json").read_text(encoding="utf-8"))


def _always(body: Any) -> Route:
    return lambda query: (200, body)


def _open_markets(server: ExchangeServer, exchange: str) -> None:
    for path, body in MARKETS.get(exchange, {}).items():
        server.routes[path] = _always(body)
    server.routes["/api/v3/exchangeInfo"] = binance_markets("BTC")
    server.routes["/0/public/AssetPairs"] = kraken_markets()
    server.routes["/0/public/Assets"] = _always({"error": [], "result": {}})


def _source(server: ExchangeServer, exchange: str, timeframe: str, now: datetime) -> ExchangeSource:
    market = MarketSettings(exchange=exchange, exchange_base_url=server.url, exchange_attempts=1)
    return ExchangeSource(market, ("BTC",), "USDT", parse_timeframe(timeframe), FixedClock(now), limit=Slept())


@pytest.mark.parametrize("exchange", sorted(CANDLE_PATHS))
def test_a_recorded_reply_becomes_the_candles_that_ccxt_says_it_holds(exchange: str) -> None:
    recorded = _recorded(exchange)["fetchOHLCV"][0]
    expected = recorded["parsedResponse"]
    day = day_of_ms(expected[0][0])
    with serving() as server:
        _open_markets(server, exchange)
        server.routes[CANDLE_PATHS[exchange]] = _always(recorded["httpResponse"])
        source = _source(server, exchange, "1h", datetime(2024, 6, 1, tzinfo=UTC))

        candles = source.fetch("BTC", day, day)

    rows = [[int(opened), *row] for opened, row in zip(candles.open_time_ms, candles.ohlcv.tolist(), strict=True)]
    assert [row for row in rows if row[0] >= expected[0][0]][: len(expected)] == expected


def test_binances_forming_candle_is_left_out_and_its_gap_is_kept() -> None:
    rows = _recorded("binance_klines_500_raw")["httpResponse"]
    now = datetime(2020, 12, 6, 17, 30, tzinfo=UTC)  # the last kline opened at 17:00
    with serving() as server:
        _open_markets(server, "binance")
        server.routes["/api/v3/klines"] = binance_klines(rows)

        candles = _source(server, "binance", "1h", now).fetch("BTC", date(2020, 11, 15), date(2020, 12, 6))

    hours = [int(row[0]) for row in rows]
    assert (len(rows), len(candles)) == (500, 499)
    assert candles.last_close_time == datetime(2020, 12, 6, 17, tzinfo=UTC)
    assert (hours[-1] - hours[0]) // 3_600_000 + 1 > 500  # there is a gap in what Binance sent


def test_krakens_newest_720_candles_are_refused_for_a_longer_lookback() -> None:
    body = _recorded("kraken_ohlc_720_raw")["httpResponse"]
    body["result"] = {"XBTUSDT": next(iter(body["result"].values())), "last": body["result"]["last"]}
    now = datetime(2020, 12, 5, 17, 30, tzinfo=UTC)
    with serving() as server:
        _open_markets(server, "kraken")
        server.routes["/0/public/OHLC"] = _always(body)

        with pytest.raises(SourceRefused, match="serves only its newest 720 candles, from 2020-11-05"):
            _source(server, "kraken", "1h", now).fetch("BTC", now.date() - timedelta(days=90), now.date())


@pytest.mark.parametrize("name", ["kraken_ohlc_1m_raw", "kraken_ohlc_1m_gapfilled_raw"])
def test_krakens_minute_candles_are_read_those_without_trades_included(name: str) -> None:
    body = _recorded(name)["httpResponse"]
    rows = next(iter(body["result"].values()))
    body["result"] = {"XBTUSDT": rows, "last": body["result"]["last"]}
    day = day_of_ms(rows[0][0] * 1000)
    that_day = [row for row in rows if day_of_ms(row[0] * 1000) == day]
    with serving() as server:
        _open_markets(server, "kraken")
        server.routes["/0/public/OHLC"] = _always(body)
        a_week_later = datetime.combine(day, time(), tzinfo=UTC) + timedelta(days=7)

        candles = _source(server, "kraken", "1m", a_week_later).fetch("BTC", day, day)

    assert len(candles) == len(that_day)
    assert int((candles.volume == 0).sum()) == sum(float(row[6]) == 0 for row in that_day)


def test_krakens_error_inside_a_200_is_refused() -> None:
    with serving() as server:
        _open_markets(server, "kraken")
        server.routes["/0/public/OHLC"] = _always(_recorded("kraken_error_http200_raw")["httpResponse"])

        with pytest.raises(SourceRefused, match="EGeneral:Invalid arguments"):
            _source(server, "kraken", "1h", datetime(2024, 1, 1, tzinfo=UTC)).fetch(
                "BTC", date(2023, 12, 30), date(2023, 12, 30)
            )

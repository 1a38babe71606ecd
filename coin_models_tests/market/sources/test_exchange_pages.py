"""Thirty days of hours, page by page, as each exchange pages them: its own parameters, order, units and columns."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

import pytest

from coin_models.market.sources.exchange import ExchangeSource
from coin_models.market.timeframe import day_start_ms
from coin_models.settings.market import MarketSettings
from coin_models_tests.market.builders import DAY, HOUR, clock_after
from coin_models_tests.market.exchange_server import serving
from coin_models_tests.market.recorded_markets import CANDLE_PATHS, MARKETS
from coin_models_tests.market.sources.binance import Slept

Query = dict[str, str]
FIRST = DAY - timedelta(days=29)
OPENS: Final = [day_start_ms(FIRST) + k * HOUR.ms for k in range(30 * 24 + 2)]  # and two hours of the day after


def _price(opened: int) -> float:
    return 100.0 + (opened // HOUR.ms) % 97  # tells candles apart


def _of(opens: list[int], query: Query, *, limit: int) -> list[int]:
    """The newest of these first, at most `limit`."""
    return sorted(opens, reverse=True)[: min(limit, int(query.get("limit", limit)))]


def _bybit(query: Query) -> Any:
    opens = [o for o in OPENS if int(query["start"]) <= o <= int(query.get("end", 1 << 60))]
    opens = opens[: min(1000, int(query.get("limit", 200)))]
    rows = [[str(o), *(str(_price(o) + k) for k in (0, 2, -1, 1)), "10", "1010"] for o in reversed(opens)]
    return {"retCode": 0, "result": {"category": "spot", "symbol": "BTCUSDT", "list": rows}}


def _okx(query: Query) -> Any:
    opens = [o for o in OPENS if int(query.get("before", 0)) < o < int(query.get("after", 1 << 60))]
    rows = [
        [str(o), *(str(_price(o) + k) for k in (0, 2, -1, 1)), "10", "1010", "1010", "1"]
        for o in _of(opens, query, limit=300)
    ]
    return {"code": "0", "msg": "", "data": rows}


def _kucoin(query: Query) -> Any:
    opens = [o for o in OPENS if int(query["startAt"]) * 1000 <= o < int(query["endAt"]) * 1000]
    rows = [
        [str(o // 1000), *(str(_price(o) + k) for k in (0, 1, 2, -1)), "10", "1010"]
        for o in _of(opens, query, limit=1500)
    ]
    return {"code": "200000", "data": rows}


def _coinbase(query: Query) -> Any:
    start, end = (datetime.fromisoformat(query[name]).timestamp() * 1000 for name in ("start", "end"))
    opens = [o for o in OPENS if start <= o <= end]
    assert len(opens) <= 301, "Coinbase refuses more than 300 candles"
    return [[o // 1000, *(_price(o) + k for k in (-1, 2, 0, 1)), 10.0] for o in _of(opens, query, limit=300)]


PAGES: Final[dict[str, Callable[[Query], Any]]] = {
    "bybit": _bybit, "okx": _okx, "kucoin": _kucoin, "coinbaseexchange": _coinbase,
}  # fmt: skip


@pytest.mark.parametrize("exchange", sorted(PAGES))
def test_a_month_of_hours_is_whole_however_an_exchange_pages_it(exchange: str) -> None:
    with serving() as server:
        for path, markets in MARKETS[exchange].items():
            server.routes[path] = lambda query, markets=markets: (200, markets)  # type: ignore[misc]
        server.routes[CANDLE_PATHS[exchange]] = lambda query: (200, PAGES[exchange](query))
        if exchange == "okx":  # the newest candles are at another address
            server.routes["/api/v5/market/candles"] = server.routes[CANDLE_PATHS[exchange]]
        market = MarketSettings(exchange=exchange, exchange_base_url=server.url, exchange_attempts=1)
        source = ExchangeSource(
            market, ("BTC",), "USDT", HOUR, clock_after(DAY, hours=26), sleep=Slept(), limit=Slept()
        )

        answer = source.ask("BTC", FIRST, DAY)

    assert answer.candles.open_time_ms.tolist() == OPENS[: 30 * 24]
    assert answer.candles.ohlcv.tolist() == [
        [_price(o), _price(o) + 2, _price(o) - 1, _price(o) + 1, 10.0] for o in OPENS[: 30 * 24]
    ]
    assert answer.shown_until_ms == day_start_ms(DAY + timedelta(days=1))

"""A loopback HTTP server that answers like an exchange: what ccxt's real client is tested against."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

Reply = tuple[int, Any]  # status; a body that is sent as JSON, or as it is when it is text
Route = Callable[[dict[str, str]], Reply]


@dataclass
class ExchangeServer:
    """Routes by path; requests are remembered in order."""

    url: str
    routes: dict[str, Route] = field(default_factory=dict)
    requests: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)  # sent with every reply
    authorizations: list[str | None] = field(default_factory=list)  # that came with each request
    default: Reply = (404, "no such route")  # of a path without a route

    def asked(self, path: str) -> list[dict[str, str]]:
        return [query for asked, query in self.requests if asked == path]

    def answer(self, target: str) -> Reply:
        parts = urlsplit(target)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        self.requests.append((parts.path, query))
        route = self.routes.get(parts.path)
        return self.default if route is None else route(query)


@contextmanager
def serving() -> Iterator[ExchangeServer]:
    """A server on a free port of the loopback interface."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            exchange.authorizations.append(self.headers["Authorization"])
            status, body = exchange.answer(self.path)
            data = (body if isinstance(body, str) else json.dumps(body)).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            for name, value in exchange.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    exchange = ExchangeServer(url=f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield exchange
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def binance_markets(*coins: str, status: str = "TRADING") -> Route:
    """`exchangeInfo` of these coins against USDT, reduced to what ccxt reads."""
    symbols = [
        {
            "symbol": f"{coin}USDT", "status": status, "baseAsset": coin, "quoteAsset": "USDT", "isSpotTradingAllowed": True,
            "baseAssetPrecision": 8, "quotePrecision": 8, "filters": [], "permissions": ["SPOT"], "orderTypes": [],
        }
        for coin in coins
    ]  # fmt: skip
    return lambda query: (200, {"timezone": "UTC", "symbols": symbols})


def binance_klines(rows: list[list[Any]]) -> Route:
    """`klines` as Binance gives them: from startTime on, at most `limit`, the forming candle included."""

    def route(query: dict[str, str]) -> Reply:
        since, until = int(query.get("startTime", 0)), int(query.get("endTime", 1 << 62))
        return 200, [row for row in rows if since <= row[0] <= until][: int(query.get("limit", 500))]

    return route


def binance_row(open_ms: int, price: float = 100.0) -> list[Any]:
    """One kline: open 100, high 102, low 99, close 101, volume 10."""
    prices = [price, price + 2, price - 1, price + 1]
    return [open_ms, *map(str, prices), "10.0", open_ms + 3_599_999, "1010", 5, "5", "505", "0"]


def kraken_markets(altname: str = "XBTUSDT", base: str = "XXBT", quote: str = "USDT") -> Route:
    """`AssetPairs` with one pair, reduced to what ccxt reads."""
    pair = {
        "altname": altname, "wsname": "XBT/USDT", "aclass_base": "currency", "base": base, "aclass_quote": "currency",
        "quote": quote, "lot": "unit", "pair_decimals": 1, "lot_decimals": 8, "lot_multiplier": 1, "leverage_buy": [],
        "leverage_sell": [], "fees": [[0, 0.4]], "fees_maker": [[0, 0.25]], "fee_volume_currency": "ZUSD",
        "margin_call": 80, "margin_stop": 40, "ordermin": "0.00005", "costmin": "0.5", "tick_size": "0.1", "status": "online",
    }  # fmt: skip
    return lambda query: (200, {"error": [], "result": {altname: pair}})

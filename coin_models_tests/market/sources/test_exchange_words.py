"""Error bodies that each exchange documents, through its own ccxt client: what is waited for, and what is refused."""

from collections.abc import Iterator
from typing import Final

import pytest

from coin_models.errors import CoinUnknown, SourceBlocked, SourceError, SourceRefused, SourceUnavailable
from coin_models.market.sources.exchange import ExchangeSource
from coin_models.settings.market import MarketSettings
from coin_models_tests.market.builders import DAY, HOUR, clock_after
from coin_models_tests.market.exchange_server import ExchangeServer, binance_markets, kraken_markets, serving
from coin_models_tests.market.recorded_markets import CANDLE_PATHS, MARKETS
from coin_models_tests.market.sources.binance import Slept

Case = tuple[str, int, object, str]  # exchange, status, body, words that the error keeps

HTML: Final = "<html><head><title>{0}</title></head><body>{0}</body></html>"
RATE_LIMITS: Final[list[Case]] = [
    ("kraken", 200, {"error": ["EAPI:Rate limit exceeded"]}, "EAPI:Rate limit exceeded"),
    ("kraken", 200, {"error": ["EGeneral:Too many requests"]}, "EGeneral:Too many requests"),
    ("kraken", 200, {"error": ["EGeneral:Temporary lockout"]}, "EGeneral:Temporary lockout"),
    (
        "bybit",
        200,
        {"retCode": 10006, "retMsg": "Too many visits. Exceeded the API Rate Limit.", "result": {}},
        "10006",
    ),
    ("bybit", 200, {"retCode": 10018, "retMsg": "Exceeded the IP Rate Limit.", "result": {}}, "10018"),
    ("bybit", 429, {"retCode": 10429, "retMsg": "System level frequency protection", "result": {}}, "10429"),
    ("okx", 429, {"code": "50011", "msg": "Rate limit reached. Please refer to API docs", "data": []}, "50011"),
    ("okx", 200, {"code": "50040", "msg": "Too frequent operations, please try again later", "data": []}, "50040"),
    ("kucoin", 429, {"code": "429000", "msg": "Too many requests in a short period of time"}, "429000"),
    ("kucoin", 200, {"code": "200002", "msg": "The user's request frequency is too fast"}, "200002"),
    ("coinbaseexchange", 429, {"message": "Public rate limit exceeded"}, "Public rate limit exceeded"),
    ("binanceus", 429, {"code": -1003, "msg": "Too much request weight used"}, "-1003"),
    ("binanceus", 418, {"code": -1003, "msg": "Way too many requests; IP banned until 1"}, "-1003"),
]
OUTAGES: Final[list[Case]] = [
    ("kraken", 200, {"error": ["EService:Unavailable"]}, "EService:Unavailable"),
    ("kraken", 200, {"error": ["EService:Busy"]}, "EService:Busy"),
    ("kraken", 200, {"error": ["EService:Market in cancel_only mode"]}, "cancel_only"),
    ("kraken", 200, {"error": ["EGeneral:Internal error"]}, "EGeneral:Internal error"),
    ("kraken", 520, HTML.format("520: Web server is returning an unknown error"), "520"),
    ("bybit", 200, {"retCode": 10016, "retMsg": "Server error.", "result": {}}, "10016"),
    ("bybit", 200, {"retCode": 10019, "retMsg": "All trading is under maintenance", "result": {}}, "10019"),
    ("bybit", 504, HTML.format("504 Gateway Time-out"), "504"),
    ("okx", 503, {"code": "50001", "msg": "Service temporarily unavailable. Try again later", "data": []}, "50001"),
    ("okx", 400, {"code": "50004", "msg": "API endpoint request timeout", "data": []}, "50004"),
    ("okx", 200, {"code": "50013", "msg": "Systems are busy. Please try again later.", "data": []}, "50013"),
    ("okx", 500, {"code": "50026", "msg": "System error. Try again later", "data": []}, "50026"),
    ("kucoin", 500, {"code": "500000", "msg": "Internal Server Error"}, "500000"),
    ("kucoin", 503, HTML.format("503 Service Temporarily Unavailable"), "503"),
    ("coinbaseexchange", 503, {"message": "Service is currently unavailable for maintenance"}, "maintenance"),
    ("coinbaseexchange", 500, {"message": "Internal server error"}, "Internal server error"),
    ("binanceus", 503, {"code": -1016, "msg": "This service is no longer available."}, "-1016"),
]
UNKNOWN: Final[list[Case]] = [
    ("kraken", 200, {"error": ["EQuery:Unknown asset pair"]}, "EQuery:Unknown asset pair"),
    ("bybit", 200, {"retCode": 10001, "retMsg": "Not supported symbols", "result": {}}, "10001"),
    ("okx", 200, {"code": "51001", "msg": "Instrument ID does not exist", "data": []}, "51001"),
    ("binanceus", 400, {"code": -1121, "msg": "Invalid symbol."}, "-1121"),
]
REFUSED: Final[list[Case]] = [
    ("kraken", 200, {"error": ["EGeneral:Invalid arguments:interval"]}, "Invalid arguments:interval"),
    ("kraken", 200, {"error": ["EGeneral:Permission denied"]}, "Permission denied"),
    ("okx", 400, {"code": "51000", "msg": "Parameter bar error", "data": []}, "51000"),
    ("kucoin", 400, {"code": "400100", "msg": "Parameter Error"}, "400100"),
    ("coinbaseexchange", 400, {"message": "Unsupported granularity"}, "Unsupported granularity"),
]
BLOCKED: Final[list[Case]] = [
    ("bybit", 403, "<p>CloudFront is configured to block access from your country.</p>", "403"),
    ("okx", 451, {"code": "1", "msg": "Restricted location"}, "451"),
    ("kucoin", 451, {"code": "400302", "msg": "Our services are currently unavailable in the U.S."}, "400302"),
    ("binanceus", 451, {"code": 0, "msg": "Service unavailable from a restricted location"}, "restricted location"),
]
MEANINGS: Final[dict[type[SourceError], list[Case]]] = {
    SourceUnavailable: RATE_LIMITS + OUTAGES, CoinUnknown: UNKNOWN, SourceRefused: REFUSED, SourceBlocked: BLOCKED,
}  # fmt: skip


@pytest.fixture(scope="module")
def server() -> Iterator[ExchangeServer]:
    with serving() as exchange:
        yield exchange


def _error(server: ExchangeServer, exchange: str, status: int, body: object) -> SourceError:
    server.routes.clear()
    for path, markets in MARKETS.get(exchange, {}).items():
        server.routes[path] = lambda query, markets=markets: (200, markets)  # type: ignore[misc]
    server.routes["/api/v3/exchangeInfo"] = binance_markets("BTC")
    server.routes["/0/public/AssetPairs"] = kraken_markets()
    server.routes["/0/public/Assets"] = lambda query: (200, {"error": [], "result": {}})
    server.routes[CANDLE_PATHS[exchange]] = lambda query: (status, body)
    market = MarketSettings(exchange=exchange, exchange_base_url=server.url, exchange_attempts=1)
    source = ExchangeSource(market, ("BTC",), "USDT", HOUR, clock_after(DAY, hours=26), sleep=Slept(), limit=Slept())
    with pytest.raises(SourceError) as caught:
        source.ask("BTC", DAY, DAY)
    assert CANDLE_PATHS[exchange] in {path for path, _query in server.requests}
    server.requests.clear()
    return caught.value


@pytest.mark.parametrize(
    ("meaning", "exchange", "status", "body", "words"),
    [(meaning, *case) for meaning, cases in MEANINGS.items() for case in cases],
    ids=lambda value: str(value) if isinstance(value, str | int) else "",
)
def test_what_an_exchange_says_has_the_meaning_that_its_manual_gives_it(
    server: ExchangeServer, meaning: type[SourceError], exchange: str, status: int, body: object, words: str
) -> None:
    error = _error(server, exchange, status, body)

    assert isinstance(error, meaning) if meaning is SourceUnavailable else type(error) is meaning, error
    assert words in str(error)

"""Replies of Binance and of what stands before it, through the real ccxt: outages are waited for, the rest is refused."""

import pytest

from coin_models.errors import CoinUnknown, SourceBlocked, SourceError, SourceRefused, SourceUnavailable
from coin_models_tests.market.builders import DAY
from coin_models_tests.market.exchange_server import ExchangeServer
from coin_models_tests.market.sources.binance import KLINES, binance_source

HTML = "<html><head><title>{0}</title></head><body>{0}</body></html>"

OUTAGES: list[tuple[int, object, str]] = [
    (200, {"code": -1000, "msg": "An unknown error occurred"}, "-1000"),
    (400, {"code": -1001, "msg": "Internal error; unable to process your request"}, "-1001"),
    (200, {"code": -1003, "msg": "Too much request weight used"}, "-1003"),
    (429, {"code": -1003, "msg": "Too many requests; current limit is 6000"}, "-1003"),
    (418, {"code": -1003, "msg": "Way too many requests; IP banned until 1"}, "-1003"),
    (400, {"code": -1006, "msg": "An unexpected response was received"}, "-1006"),
    (400, {"code": -1007, "msg": "Timeout waiting for response from backend server"}, "-1007"),
    (503, {"code": -1008, "msg": "Server is currently overloaded"}, "-1008"),
    (400, {"code": -1008, "msg": "Server is currently overloaded"}, "-1008"),
    (400, {"code": -1016, "msg": "This service is no longer available"}, "-1016"),
    (400, {"code": -1021, "msg": "Timestamp for this request is outside of the recvWindow"}, "-1021"),
    (500, {"code": -1, "msg": "x"}, "-1"),
    (408, "request timeout", "request timeout"),
    (425, "too early", "425"),
    (429, HTML.format("Error 1015: you are being rate limited"), "1015"),
    (500, "", "500"),
    (502, HTML.format("502 Bad Gateway"), "502"),
    (503, HTML.format("503 Service Temporarily Unavailable"), "503"),
    (504, HTML.format("504 Gateway Time-out"), "504"),
    (520, HTML.format("520: Web server is returning an unknown error"), "520"),
    (521, HTML.format("521: Web server is down"), "521"),
    (522, HTML.format("522: Connection timed out"), "522"),
    (523, HTML.format("523: Origin is unreachable"), "523"),
    (525, HTML.format("525: SSL handshake failed"), "525"),
    (530, HTML.format("530 error 1016: origin DNS error"), "530"),
    (200, HTML.format("System maintenance"), "no JSON"),
    (200, "", ""),
    (200, '[[1723680000000,"1","2"', ""),
]
LASTING: list[tuple[int, object, type[SourceError], str]] = [
    (451, {"code": 0, "msg": "Service unavailable from a restricted location"}, SourceBlocked, "restricted location"),
    (403, HTML.format("403 Forbidden"), SourceBlocked, "403"),
    (403, {"msg": "Access denied for your country"}, SourceBlocked, "your country"),
    (400, {"code": -1121, "msg": "Invalid symbol."}, CoinUnknown, "-1121"),
    (200, {"code": -1121, "msg": "Invalid symbol."}, CoinUnknown, "-1121"),
    (400, {"code": -1100, "msg": "Illegal characters found in parameter"}, SourceRefused, "-1100"),
    (400, {"code": -1102, "msg": "Mandatory parameter was not sent"}, SourceRefused, "-1102"),
    (400, {"code": -1120, "msg": "Invalid interval."}, SourceRefused, "-1120"),
    (400, {"code": -1130, "msg": "Invalid data sent for a parameter"}, SourceRefused, "-1130"),
    (401, {"code": -2014, "msg": "API-key format invalid."}, SourceRefused, "-2014"),
    (401, {"code": -2015, "msg": "Invalid API-key, IP, or permissions for action."}, SourceRefused, "-2015"),
    (407, "proxy authentication required", SourceRefused, "407"),
]


def _error(server: ExchangeServer, status: int, body: object) -> SourceError:
    server.routes[KLINES] = lambda query: (status, body)
    with pytest.raises(SourceError) as caught:
        binance_source(server, attempts=1).ask("BTC", DAY, DAY)
    return caught.value


@pytest.mark.parametrize(("status", "body", "words"), OUTAGES)
def test_an_outage_of_the_exchange_is_waited_for_with_its_code(
    server: ExchangeServer, status: int, body: object, words: str
) -> None:
    error = _error(server, status, body)

    assert isinstance(error, SourceUnavailable), error
    assert words in str(error)


@pytest.mark.parametrize(("status", "body", "meaning", "words"), LASTING)
def test_what_no_wait_helps_is_refused_with_its_code(
    server: ExchangeServer, status: int, body: object, meaning: type[SourceError], words: str
) -> None:
    error = _error(server, status, body)

    assert type(error) is meaning, error
    assert words in str(error)

"""What each of ccxt's errors means; and pauses that an exchange requests."""

import ccxt
import pytest
import requests

from coin_models.errors import CoinUnknown, SourceBlocked, SourceError, SourceRefused, SourceUnavailable
from coin_models.market.sources.exchange_errors import Busy, Missing, as_source_error


def _with_response(error: Exception, status: int, **headers: str) -> Exception:
    """The error as ccxt raises it: from the HTTP error that it met."""
    response = requests.Response()
    response.status_code = status
    response.headers.update(headers)
    error.__context__ = requests.HTTPError(response=response)
    return error


@pytest.mark.parametrize(
    ("error", "meaning"),
    [
        (ccxt.RateLimitExceeded("slow down"), SourceUnavailable),
        (ccxt.DDoSProtection("EGeneral:Temporary lockout"), SourceUnavailable),
        (ccxt.OnMaintenance("back at 10:00"), SourceUnavailable),
        (ccxt.ExchangeNotAvailable("EService:Busy"), SourceUnavailable),
        (ccxt.InvalidNonce("EAPI:Invalid nonce"), SourceUnavailable),
        (ccxt.RequestTimeout("20 s"), SourceUnavailable),
        (ccxt.BadSymbol("EQuery:Invalid asset pair"), CoinUnknown),
        (ccxt.RestrictedLocation("another region"), SourceBlocked),
        (ccxt.BadRequest("EGeneral:Invalid arguments"), SourceRefused),
    ],
)
def test_each_of_ccxts_errors_has_one_meaning_and_keeps_its_words(error: Exception, meaning: type[SourceError]) -> None:
    mapped = as_source_error("fetch BTC", error)

    assert type(mapped) is meaning
    assert str(error) in str(mapped)


@pytest.mark.parametrize(
    ("error", "status", "meaning"),
    [
        (ccxt.ExchangeError('{"code":-1}'), 503, SourceUnavailable),
        (ccxt.ExchangeNotAvailable("451"), 451, SourceBlocked),
        (ccxt.ExchangeNotAvailable("403"), 403, SourceBlocked),
        (ccxt.DDoSProtection("403"), 403, SourceUnavailable),
        (ccxt.ExchangeNotAvailable("404"), 404, Missing),
        (ccxt.BadSymbol("-1121"), 400, CoinUnknown),
    ],
)
def test_the_http_status_below_an_error_decides_where_ccxts_type_does_not(
    error: Exception, status: int, meaning: type[SourceError]
) -> None:
    assert type(as_source_error("fetch BTC", _with_response(error, status))) is meaning


def test_a_requested_pause_is_read_in_seconds() -> None:
    mapped = as_source_error("fetch BTC", _with_response(ccxt.DDoSProtection("banned"), 418, **{"Retry-After": "7"}))

    assert isinstance(mapped, Busy)
    assert mapped.seconds == 7
    assert "it requests a pause of 7 s" in str(mapped)


def test_a_pause_given_as_a_date_is_left_to_the_backoff() -> None:
    headers = {"Retry-After": "Thu, 26 Nov 2026 00:00:00 GMT"}

    assert type(as_source_error("x", _with_response(ccxt.RateLimitExceeded("y"), 429, **headers))) is SourceUnavailable

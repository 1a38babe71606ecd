"""What ccxt's errors mean to us.

| ccxt says | we say |
|---|---|
| HTTP 451, or 403 that is no rate limit or names the country, below any error; RestrictedLocation | SourceBlocked |
| DDoSProtection or RateLimitExceeded with a `Retry-After` header | Busy: tried again after that pause |
| NetworkError and its kin (time-out, rate limit, OnMaintenance, InvalidNonce) | tried again, then SourceUnavailable |
| HTTP 408, 418, 425, 429 or 5xx below any error: to ccxt, Binance's 503 with a JSON body is an ExchangeError | likewise |
| HTTP 404 or 410 | Missing: tried again; of a market that is no longer traded, its end |
| BadSymbol; Kraken's words for it | CoinUnknown: no such symbol |
| any error that says so in words (overloaded, maintenance, try again later, server error) | tried again, then SourceUnavailable |
| any other ExchangeError, an error inside an HTTP 200 included | SourceRefused, in the exchange's words |
| it trips over a reply (a proxy's HTML page, half a JSON) | tried again, then SourceUnavailable |
"""

import re
from collections.abc import Iterator
from typing import Any, Final

from coin_models.errors import CoinUnknown, SourceBlocked, SourceError, SourceRefused, SourceUnavailable

_MISSING_STATUSES: Final = frozenset({404, 410})
_TRANSIENT_STATUSES: Final = frozenset({408, 418, 425, 429})
_PASSING_WORDS: Final = re.compile(
    r"overloaded|maintenance|service is no longer available|try again later|server error|request frequency",
    re.IGNORECASE,
)
"""An outage within an HTTP 200 or 400 by a code that ccxt does not know: -1008 of Binance, 10016 of Bybit, 200002 of KuCoin."""
_UNKNOWN_WORDS: Final = re.compile(r"unknown asset pair", re.IGNORECASE)  # Kraken; to ccxt an ExchangeError
_BLOCKED_WORDS: Final = re.compile(r"from your country", re.IGNORECASE)
"""CloudFront's page in an HTTP 403, which ccxt takes for a rate limit of Bybit."""


class Busy(SourceUnavailable):
    """The exchange requests a pause."""

    def __init__(self, text: str, seconds: float) -> None:
        super().__init__(text)
        self.seconds = seconds


class Missing(SourceUnavailable):
    """The exchange has nothing at the address; of a market that it no longer trades, nothing more will come."""


def as_source_error(what: str, error: Exception) -> SourceError:
    """The error of ours that an error of ccxt's means; `what` was tried."""
    import ccxt

    words = shortened(str(error))
    statuses = {response.status_code for response in _responses(error)}
    unnamed = [f"HTTP {status}" for status in sorted(statuses) if str(status) not in words]  # ccxt names those it knows
    text = f"tried to {what}: {type(error).__name__}: {words}" + (f" ({', '.join(unnamed)})" if unnamed else "")
    is_limit = isinstance(error, ccxt.RateLimitExceeded | ccxt.DDoSProtection)
    is_block = not is_limit or _BLOCKED_WORDS.search(str(error)) is not None
    if 451 in statuses or (403 in statuses and is_block) or isinstance(error, ccxt.RestrictedLocation):
        return SourceBlocked(f"{text}; it does not serve this region or address: choose another exchange or machine")
    if isinstance(error, ccxt.BadSymbol) or _UNKNOWN_WORDS.search(words):
        return CoinUnknown(text)
    if is_limit and (seconds := _retry_after(error)) is not None:
        return Busy(f"{text}; it requests a pause of {seconds:.0f} s", seconds)
    if statuses & _MISSING_STATUSES:
        return Missing(text)
    is_transient = (
        isinstance(error, ccxt.OperationFailed)
        or any(status in _TRANSIENT_STATUSES or status >= 500 for status in statuses)
        or _PASSING_WORDS.search(words) is not None
    )
    return SourceUnavailable(text) if is_transient else SourceRefused(text)


def shortened(text: str) -> str:
    """One line without query strings, at most 300 characters."""
    return re.sub(r"\?\S+", "?...", " ".join(text.split()))[:300]


def _responses(error: BaseException | None) -> Iterator[Any]:
    """HTTP responses at the bottom of an error: ccxt's type says only `ExchangeNotAvailable` for a block and a 503 alike."""
    while error is not None:
        response = getattr(error, "response", None)
        if isinstance(getattr(response, "status_code", None), int):
            yield response
        error = error.__cause__ or error.__context__


def _retry_after(error: BaseException) -> float | None:
    """Seconds of the `Retry-After` header; None where there is none, or it is a date."""
    texts = [str(response.headers.get("Retry-After", "")).strip() for response in _responses(error)]
    return next((float(text) for text in texts if text.isascii() and text.isdigit()), None)

"""One ccxt exchange behind a lock: requests, retries, and the translation of its errors.

| ccxt says | we say |
|---|---|
| HTTP 451, or 403 that is no rate limit, at the bottom of any error | SourceBlocked: region block |
| NetworkError, subclasses: time-out, 5xx, rate limit, maintenance, connection refused | tried again, then SourceUnavailable |
| BadSymbol | CoinUnknown: no such symbol |
| any other ExchangeError, an error inside an HTTP 200 included | SourceRefused, in the exchange's words |
| it cannot read a reply (a proxy's HTML page, half a JSON) | tried again, then SourceUnavailable |
"""

import difflib
import logging
import re
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, Final

from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential

from coin_models.errors import (
    CoinDelisted,
    CoinUnknown,
    SourceBlocked,
    SourceError,
    SourceRefused,
    SourceUnavailable,
)
from coin_models.settings.market import MarketSettings

_log = logging.getLogger(__name__)

Row = list[float]  # epoch ms, open, high, low, close, volume
Sleep = Callable[[float], None]

_FIRST_DELAY_SECONDS: Final = 0.5
_MAX_DELAY_SECONDS: Final = 30.0
_DEFAULT_PAGE_SIZE: Final = 300  # the smallest limit among the large exchanges
_UNPARSABLE: Final = (TypeError, KeyError, AttributeError, ValueError, IndexError)


def sleep_seconds(seconds: float) -> None:
    """Waits; the seam through which tests do not."""
    time.sleep(seconds)


class ExchangeClient:
    """Asks one exchange, one request at a time: its rate limit counts for all threads together."""

    def __init__(self, market: MarketSettings, sleep: Sleep) -> None:
        self.exchange_id = market.exchange
        self._attempts, self._sleep = market.exchange_attempts, sleep
        self._exchange = _open_exchange(market)
        self._lock = threading.Lock()

    @property
    def page_size(self) -> int:
        """Candles that one request can bring."""
        spot = (self._exchange.features or {}).get("spot") or {}
        return int((spot.get("fetchOHLCV") or {}).get("limit") or _DEFAULT_PAGE_SIZE)

    def check(self, symbol: str, timeframe: str) -> None:
        """Refuses what the exchange does not have.

        Raises:
            CoinUnknown, CoinDelisted: the symbol is unknown or no longer traded.
            SourceRefused: there are no candles of that length.
            SourceUnavailable: its list of markets could not be read.
        """
        if timeframe not in (self._exchange.timeframes or {}):
            raise SourceRefused(
                f"{self.exchange_id} has no {timeframe} candles; it has {', '.join(self._exchange.timeframes or ())}"
            )
        markets = self._ask(f"list the markets of {self.exchange_id}", self._exchange.load_markets)
        if symbol not in markets:
            near = difflib.get_close_matches(symbol, markets, n=3)
            raise CoinUnknown(
                f"{self.exchange_id} has no market {symbol}{'; near: ' + ', '.join(near) if near else ''}"
            )
        if markets[symbol].get("active") is False:
            raise CoinDelisted(f"{self.exchange_id} no longer trades {symbol}; take it out of the universe")

    def fetch_page(self, symbol: str, timeframe: str, since_ms: int) -> list[Row]:
        """One page of candles that opened at `since_ms` or later, ascending; the last may still be forming.

        Raises:
            SourceUnavailable, SourceRefused: see the table above.
        """
        what = f"fetch {symbol} {timeframe} from {self.exchange_id}"
        rows: list[Row] = self._ask(
            what, lambda: self._exchange.fetch_ohlcv(symbol, timeframe, since=since_ms, limit=self.page_size)
        )
        return sorted(rows)

    def _ask(self, what: str, request: Callable[[], Any]) -> Any:
        retrying = Retrying(
            retry=retry_if_exception_type(SourceUnavailable),
            stop=stop_after_attempt(self._attempts),
            wait=wait_exponential(multiplier=_FIRST_DELAY_SECONDS, max=_MAX_DELAY_SECONDS),
            before_sleep=_say,
            sleep=self._sleep,
            reraise=True,
        )
        return retrying(self._attempt, what, request)

    def _attempt(self, what: str, request: Callable[[], Any]) -> Any:
        import ccxt

        try:
            with self._lock:
                answer = request()
                # ccxt takes a proxy's HTML page in an HTTP 200 for "no candles": a hole would be stored as the truth.
                if self._exchange.last_json_response is None:
                    raise ValueError("no JSON")
                return answer
        except ccxt.BaseError as error:
            raise _translated(what, error) from error
        except _UNPARSABLE as error:
            said = f"tried to {what}: the reply cannot be read ({type(error).__name__}: {_shortened(str(error))})"
            raise SourceUnavailable(said) from error


def _say(state: RetryCallState) -> None:
    if state.outcome is not None:
        _log.warning("%s; trying again in %.1f s", state.outcome.exception(), state.upcoming_sleep)


def _translated(what: str, error: Exception) -> SourceError:
    import ccxt

    said = f"tried to {what}: {type(error).__name__}: {_shortened(str(error))}"
    statuses = set(_http_statuses(error))
    if 451 in statuses or (403 in statuses and not isinstance(error, ccxt.RateLimitExceeded)):
        return SourceBlocked(f"{said}; it does not serve this region or address: choose another exchange or machine")
    if isinstance(error, ccxt.BadSymbol):
        return CoinUnknown(said)
    if isinstance(error, ccxt.OperationFailed):
        return SourceUnavailable(said)
    return SourceRefused(said)


def _http_statuses(error: BaseException | None) -> Iterator[int]:
    """HTTP statuses at the bottom of an error: ccxt's type says only `ExchangeNotAvailable` for a block and a 503 alike."""
    while error is not None:
        status = getattr(getattr(error, "response", None), "status_code", None)
        if isinstance(status, int):
            yield status
        error = error.__cause__ or error.__context__


def _shortened(text: str) -> str:
    """One line without query strings, at most 300 characters."""
    return re.sub(r"\?\S+", "?...", " ".join(text.split()))[:300]


def _open_exchange(market: MarketSettings) -> Any:
    import ccxt

    if market.exchange not in ccxt.exchanges:
        near = difflib.get_close_matches(market.exchange, ccxt.exchanges, n=3)
        raise SourceRefused(f"ccxt has no exchange {market.exchange!r}{'; near: ' + ', '.join(near) if near else ''}")
    exchange = getattr(ccxt, market.exchange)(
        {
            "timeout": int(market.exchange_timeout_seconds * 1000),
            "enableRateLimit": True,
            "enableLastJsonResponse": True,
            # Spot only: the derivatives' lists cost requests to other hosts.
            "options": {"defaultType": "spot", "fetchMarkets": {"types": ["spot"]}, "fetchCurrencies": False},
        }
    )
    if not exchange.has.get("fetchOHLCV"):
        raise SourceRefused(f"{market.exchange} offers no candles over its public endpoints")
    if market.exchange_base_url is not None:
        exchange.urls["api"] = _moved(exchange.urls["api"], market.exchange_base_url.rstrip("/"))
    return exchange


def _moved(urls: Any, base_url: str) -> Any:
    """ccxt's URLs with scheme and host replaced; paths stay."""
    if isinstance(urls, dict):
        return {name: _moved(url, base_url) for name, url in urls.items()}
    return re.sub(r"^https?://[^/]+", base_url, urls) if isinstance(urls, str) else urls

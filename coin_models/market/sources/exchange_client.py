"""One ccxt exchange behind a lock: requests, retries, its markets."""

import difflib
import functools
import logging
import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from tenacity import RetryCallState, Retrying, retry_if_exception_type, wait_exponential

from coin_models.errors import CoinUnknown, SourceRefused, SourceUnavailable
from coin_models.market.sources.exchange_errors import Busy, as_source_error, shortened
from coin_models.market.sources.exchange_rows import Row
from coin_models.settings.market import MarketSettings
from coin_models.settings.urls import basic_authorization, without_credentials

_log = logging.getLogger(__name__)

Sleep = Callable[[float], None]

MARKETS_SECONDS: Final = 3600
"""How long a list of markets counts: a worker that runs for days must see a delisting."""
MAX_BUSY_SECONDS: Final = 60.0
"""A longer pause that an exchange requests (Binance bans for minutes to days) ends the request instead of being waited for."""
_FIRST_DELAY_SECONDS: Final = 0.5
_MAX_DELAY_SECONDS: Final = 30.0
_DEFAULT_PAGE_SIZE: Final = 300  # the smallest limit among the large exchanges
_FEWEST_MARKETS: Final = 20
"""Where this many markets or more are listed and none is traded, the exchange is under maintenance: no coin was delisted."""
_END_FIELDS: Final = ("expTime", "delisting_time", "offTime")
"""When a market was or will be closed, as OKX (ms), Gate (s) and Bitget (ms) say it; ccxt passes it on as it is."""
_UNPARSABLE: Final = (TypeError, KeyError, AttributeError, ValueError, IndexError)


def sleep_seconds(seconds: float) -> None:
    """Waits; the seam through which tests do not."""
    time.sleep(seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A market as the exchange lists it."""

    symbol: str
    is_active: bool
    ends_ms: int | None  # when it was or will be closed, UTC epoch milliseconds; None where the exchange does not say


class ExchangeClient:
    """Asks one exchange, one request at a time: its rate limit counts for all threads together."""

    def __init__(self, market: MarketSettings, sleep: Sleep, limit: Sleep = sleep_seconds) -> None:
        """`sleep` waits before a retry, `limit` between two requests, as the exchange's rate limit requires."""
        self.exchange_id = market.exchange
        self._attempts, self._sleep = market.exchange_attempts, sleep
        self._exchange = _open_exchange(market)
        self._exchange.throttle = functools.partial(_throttle, self._exchange, limit)
        self._lock = threading.Lock()
        self._listed_at: float | None = None  # by the caller's clock

    @property
    def page_size(self) -> int:
        """Candles that one request can bring."""
        spot = (self._exchange.features or {}).get("spot") or {}
        return int((spot.get("fetchOHLCV") or {}).get("limit") or _DEFAULT_PAGE_SIZE)

    def listing(self, symbol: str, timeframe: str, now_seconds: float) -> Listing:
        """The market; the list is read again once it is older than `MARKETS_SECONDS`.

        Raises:
            CoinUnknown: there is no such market. SourceRefused: there are no candles of that length.
            SourceUnavailable: its list of markets could not be read, or none of its markets is traded now.
        """
        if timeframe not in (self._exchange.timeframes or {}):
            raise SourceRefused(
                f"{self.exchange_id} has no {timeframe} candles; it has {', '.join(self._exchange.timeframes or ())}"
            )
        markets = self._markets(now_seconds)
        if symbol not in markets:
            near = difflib.get_close_matches(symbol, markets, n=3)
            raise CoinUnknown(
                f"{self.exchange_id} has no market {symbol}{'; near: ' + ', '.join(near) if near else ''}"
            )
        return Listing(
            symbol=symbol, is_active=markets[symbol].get("active") is not False, ends_ms=_ends_ms(markets[symbol])
        )

    def fetch_page(self, symbol: str, timeframe: str, since_ms: int) -> list[Row]:
        """One page of candles that opened at `since_ms` or later, ascending; the last may still be forming.

        Raises:
            SourceUnavailable, SourceRefused: see the table of `exchange_errors`.
        """
        what = f"fetch {symbol} {timeframe} from {self.exchange_id}"
        rows: list[Row] = self._ask(
            what, lambda: self._exchange.fetch_ohlcv(symbol, timeframe, since=since_ms, limit=self.page_size)
        )
        return sorted((row for row in rows if row[0] is not None), key=lambda row: row[0] or 0.0)

    def _markets(self, now_seconds: float) -> Mapping[str, Any]:
        cached: Mapping[str, Any] | None = self._exchange.markets
        # Not through `_attempt` where nothing is requested: it would judge the last reply to another request.
        if cached and self._listed_at is not None and now_seconds - self._listed_at <= MARKETS_SECONDS:
            return cached
        what = f"list the markets of {self.exchange_id}"
        markets: Mapping[str, Any] = self._ask(what, lambda: self._exchange.load_markets(True))
        if not markets:
            self._listed_at = None
            raise SourceUnavailable(f"{self.exchange_id} lists no market at all now: no coin is known to be missing")
        if len(markets) >= _FEWEST_MARKETS and all(market.get("active") is False for market in markets.values()):
            self._listed_at = None  # read again at the next request
            raise SourceUnavailable(f"{self.exchange_id} trades none of its {len(markets)} markets now: maintenance")
        self._listed_at = now_seconds
        return markets

    def _ask(self, what: str, request: Callable[[], Any]) -> Any:
        by_backoff = wait_exponential(multiplier=_FIRST_DELAY_SECONDS, max=_MAX_DELAY_SECONDS)
        retrying = Retrying(
            retry=retry_if_exception_type(SourceUnavailable),
            stop=lambda state: state.attempt_number >= self._attempts or _requested_seconds(state) > MAX_BUSY_SECONDS,
            wait=lambda state: max(by_backoff(state), _requested_seconds(state)),
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
            raise as_source_error(what, error) from error
        except _UNPARSABLE as error:
            text = f"tried to {what}: the reply makes no sense ({type(error).__name__}: {shortened(str(error))})"
            raise SourceUnavailable(text) from error


def _requested_seconds(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome is not None else None
    return error.seconds if isinstance(error, Busy) else 0.0


def _say(state: RetryCallState) -> None:
    if state.outcome is not None:
        _log.warning("%s; trying again in %.1f s", state.outcome.exception(), state.upcoming_sleep)


def _ends_ms(market: Mapping[str, Any]) -> int | None:
    info = market.get("info")
    for name in _END_FIELDS:
        value = info.get(name) if isinstance(info, Mapping) else None
        try:
            number = int(value or 0)
        except (TypeError, ValueError):
            continue
        if number > 0:
            return number if number > 10**11 else number * 1000
    return None


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
        url = market.exchange_base_url.get_secret_value()
        # ccxt's errors quote the URL of each request.
        exchange.urls["api"] = _moved(exchange.urls["api"], without_credentials(url).rstrip("/"))
        exchange.headers = {**(exchange.headers or {}), **basic_authorization(url)}
    return exchange


def _throttle(exchange: Any, limit: Sleep, cost: float | None = None) -> None:
    """ccxt's own rule (`Exchange.throttle`), which waits by `time.sleep` alone."""
    due_ms = exchange.lastRestRequestTimestamp + exchange.rateLimit * (1 if cost is None else cost)
    seconds = (due_ms - exchange.milliseconds()) / 1000
    if seconds > 0:
        limit(seconds)


def _moved(urls: Any, base_url: str) -> Any:
    """ccxt's URLs with scheme and host replaced; paths stay."""
    if isinstance(urls, dict):
        return {name: _moved(url, base_url) for name, url in urls.items()}
    return re.sub(r"^https?://[^/]+", base_url, urls) if isinstance(urls, str) else urls

"""Any ccxt exchange as a candle source, over its public endpoints, without a key.

Retries and errors are handled in `exchange_client`.
"""

import logging
import math
from datetime import date, timedelta
from typing import Final

import numpy as np

from coin_models.clock import Clock
from coin_models.errors import CandlesRejected, SourceRefused
from coin_models.market.candles import Candles, empty_candles
from coin_models.market.sources.exchange_client import ExchangeClient, Row, Sleep, sleep_seconds
from coin_models.market.timeframe import Timeframe, datetime_of_ms, day_start_ms
from coin_models.settings.market import MarketSettings

_log = logging.getLogger(__name__)

SETTLE_MS: Final = 60_000
"""A candle counts as closed a minute after its end: exchanges revise for seconds, and our clock may run ahead."""


class ExchangeSource:
    """Candles of one exchange's spot market."""

    def __init__(
        self,
        market: MarketSettings,
        universe: tuple[str, ...],
        quote: str,
        timeframe: Timeframe,
        clock: Clock,
        *,
        sleep: Sleep = sleep_seconds,
    ) -> None:
        self._client = ExchangeClient(market, sleep)
        self._universe, self._quote, self._timeframe, self._clock = universe, quote, timeframe, clock

    @property
    def name(self) -> str:
        """Such as `exchange kraken`."""
        return f"exchange {self._client.exchange_id}"

    def coins(self) -> tuple[str, ...]:
        """The coins of the settings: an exchange has thousands, most of them not worth a model."""
        return self._universe

    def fetch(self, coin: str, first: date, last: date) -> Candles:
        """The coin's closed candles from `first` to `last`, page by page.

        Raises:
            SourceUnavailable: still failing after `exchange_attempts` tries of one request.
            CoinUnknown, CoinDelisted: unknown or delisted symbol.
            SourceRefused: unsupported timeframe, region block, or days older than the
                exchange serves.
            CandlesRejected: the exchange delivered candles that cannot be.
        """
        symbol = f"{coin}/{self._quote}"
        self._client.check(symbol, self._timeframe.name)
        closed_ms = int(self._clock.now().timestamp() * 1000) - SETTLE_MS
        end_ms = min(day_start_ms(last + timedelta(days=1)), closed_ms // self._timeframe.ms * self._timeframe.ms)
        rows = self._pages(symbol, day_start_ms(first), end_ms)
        if not rows:
            return empty_candles(self._timeframe)
        table = np.array([rows[time] for time in sorted(rows)], dtype=np.float64)
        try:
            return Candles(timeframe=self._timeframe, open_time_ms=table[:, 0].astype(np.int64), ohlcv=table[:, 1:])
        except CandlesRejected as error:
            raise CandlesRejected(f"{self.name}, {symbol}: {error}") from error

    def _pages(self, symbol: str, since_ms: int, end_ms: int) -> dict[int, Row]:
        """Rows that opened in [since_ms, end_ms), by open time."""
        rows: dict[int, Row] = {}
        page_ms = self._client.page_size * self._timeframe.ms
        start_ms = since_ms
        while start_ms < end_ms:
            page = self._client.fetch_page(symbol, self._timeframe.name, start_ms)
            if start_ms == since_ms:
                self._refuse_if_too_old(symbol, page, since_ms)
            new = {int(row[0]): _complete(row) for row in page if start_ms <= row[0] < end_ms}
            _refuse_if_revised(symbol, rows, new)
            rows.update(new)
            newest = max((int(row[0]) for row in page), default=start_ms - 1)
            # An empty page is no end: some exchanges answer for a window, and there was no market in it yet.
            start_ms = newest + self._timeframe.ms if newest >= start_ms else start_ms + page_ms
        _log.debug("fetched pages", extra={"symbol": symbol, "num_rows": len(rows)})
        return rows

    def _refuse_if_too_old(self, symbol: str, page: list[Row], since_ms: int) -> None:
        """Some exchanges ignore `since` beyond their newest 720 candles (Kraken's OHLC manual): a hole, not a listing."""
        if len(page) < self._client.page_size:
            return
        oldest, newest = int(page[0][0]), int(page[-1][0])
        is_newest_page = newest > self._clock.now().timestamp() * 1000 - 2 * self._timeframe.ms
        if oldest > since_ms + self._timeframe.ms and is_newest_page:
            raise SourceRefused(
                f"{self.name}: requested {symbol} {self._timeframe.name} from {datetime_of_ms(since_ms):%Y-%m-%d %H:%M} "
                f"UTC, it serves only its newest {len(page)} candles, from {datetime_of_ms(oldest):%Y-%m-%d %H:%M} UTC; "
                "choose another exchange, a longer timeframe or a shorter lookback"
            )


def _complete(row: Row) -> Row:
    """The row as numbers; what an exchange leaves out becomes NaN, which `Candles` refuses by name."""
    return [math.nan if value is None else float(value) for value in row[:6]]


def _refuse_if_revised(symbol: str, rows: dict[int, Row], new: dict[int, Row]) -> None:
    for time in rows.keys() & new.keys():
        if rows[time] != new[time]:
            raise CandlesRejected(
                f"{symbol}: two pages give different candles for {datetime_of_ms(time):%Y-%m-%d %H:%M} UTC"
            )

"""Any ccxt exchange as a candle source, over its public endpoints, without a key."""

import logging
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Final

from coin_models.clock import Clock
from coin_models.errors import CandlesRejected, CoinDelisted, CoinUnknown, SourceBlocked, SourceRefused
from coin_models.market.candles import Candles
from coin_models.market.source import Answer, CoinEnd, KnownCandles
from coin_models.market.sources.exchange_client import ExchangeClient, Listing, Sleep, sleep_seconds
from coin_models.market.sources.exchange_errors import Missing
from coin_models.market.sources.exchange_rows import Row, RowsRead, in_words, read_rows
from coin_models.market.sources.succession import may_join, with_predecessor
from coin_models.market.timeframe import DAY_MS, Timeframe, datetime_of_ms, day_of_ms, day_start_ms
from coin_models.settings.market import MarketSettings

_log = logging.getLogger(__name__)

SETTLE_MS: Final = 60_000
"""A candle counts as closed a minute after its end: exchanges revise for seconds, and our clock may run ahead."""


@dataclass(slots=True)
class _Pages:
    """What pages of a symbol brought."""

    rows: dict[int, Row] = field(default_factory=dict)  # that opened in the range asked for, by open time
    newest_ms: int = 0  # when the newest row of all opened, also after the range


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
        limit: Sleep = sleep_seconds,
    ) -> None:
        self._client = ExchangeClient(market, sleep, limit)
        self._universe, self._quote, self._timeframe, self._clock = universe, quote, timeframe, clock
        self._successors = market.successor_table

    @property
    def name(self) -> str:
        """Such as `exchange kraken`."""
        return f"exchange {self._client.exchange_id}"

    def coins(self) -> tuple[str, ...]:
        """The coins of the settings: an exchange has thousands, most of them not worth a model."""
        return self._universe

    def fetch(self, coin: str, first: date, last: date) -> Candles:
        """The candles of `ask`."""
        return self.ask(coin, first, last).candles

    def ask(self, coin: str, first: date, last: date, stored_candles: KnownCandles | None = None) -> Answer:
        """The coin's closed candles from `first` to `last`, its predecessor's before it was renamed included.

        Raises:
            SourceUnavailable: still failing after `exchange_attempts` tries of one request.
            CoinUnknown: no such symbol. CoinDelisted: no candle of it is served any more.
            SourceRefused: unsupported timeframe, region block, or days older than the
                exchange serves.
            CandlesRejected: the exchange delivered candles that cannot be.
        """
        successor = next((each for each in self._successors.values() if each.new == coin), None)
        answer = (
            with_predecessor(self._ask_symbol, self.ask, successor, (first, last), self.name)
            if successor is not None and may_join(successor, first)
            else self._ask_symbol(coin, first, last)
        )
        for remark in answer.remarks:
            _log.warning("%s, %s/%s: %s", self.name, coin, self._quote, remark)
        return replace(answer, remarks=())

    def newest_page(self, coin: str, since: date) -> Candles:
        """Closed candles from the day on, as many as one request brings; days that the exchange no longer serves are missing."""
        listing = self._listing(coin)
        rows = self._client.fetch_page(listing.symbol, self._timeframe.name, day_start_ms(since))
        return self._read(listing, [row for row in rows if self._is_closed(row)]).candles

    def _ask_symbol(self, coin: str, first: date, last: date) -> Answer:
        listing, end_ms = self._listing(coin), day_start_ms(last + timedelta(days=1))
        pages = self._pages(listing, day_start_ms(first), end_ms)
        read = self._read(listing, [pages.rows[time] for time in sorted(pages.rows)])
        shown_until_ms = min(end_ms, pages.newest_ms + self._timeframe.ms) if pages.newest_ms else 0
        answer = Answer(
            candles=read.candles,
            shown_until_ms=shown_until_ms,
            origins={day: f"{self.name}, {in_words(counts)}" for day, counts in read.left_out.items()},
            remarks=(str(read),) if read.num_left_out else (),
        )
        return answer if listing.is_active else self._of_ended(answer, coin, listing, end_ms)

    def _listing(self, coin: str) -> Listing:
        try:
            return self._client.listing(f"{coin}/{self._quote}", self._timeframe.name, self._clock.now().timestamp())
        except CoinUnknown as error:
            successor = self._successors.get(coin)
            if successor is None:
                raise
            raise CoinDelisted(f"{error}; {successor}") from error

    def _pages(self, listing: Listing, since_ms: int, end_ms: int) -> _Pages:
        try:
            return self._all_pages(listing.symbol, since_ms, end_ms)
        except SourceBlocked:
            raise
        except (SourceRefused, Missing) as error:
            if listing.is_active:
                raise
            # Some exchanges list a market that was closed, and serve nothing of it.
            raise CoinDelisted(
                f"{self._client.exchange_id} no longer trades {listing.symbol}; take it out of the universe ({error})"
            ) from error

    def _all_pages(self, symbol: str, since_ms: int, end_ms: int) -> _Pages:
        pages = _Pages()
        page_ms = self._client.page_size * self._timeframe.ms
        start_ms, closed_ms = since_ms, min(end_ms, self._closed_ms())
        while start_ms < closed_ms:
            page = self._client.fetch_page(symbol, self._timeframe.name, start_ms)
            if start_ms == since_ms:
                self._refuse_if_too_old(symbol, page, since_ms)
            self._refuse_future(symbol, page)
            new = {int(row[0] or 0): row for row in page if start_ms <= (row[0] or 0) < closed_ms}
            _refuse_if_revised(symbol, new, *({int(row[0] or 0): row} for row in page))
            _refuse_if_revised(symbol, pages.rows, new)
            pages.rows.update(new)
            newest = max((int(row[0] or 0) for row in page), default=start_ms - 1)
            # A newer row that is still forming proves that the earlier ones are all there.
            pages.newest_ms = max([pages.newest_ms, *new, newest if newest >= end_ms == closed_ms else 0])
            # An empty page is no end: some exchanges answer for a window, and there was no market in it yet.
            start_ms = newest + self._timeframe.ms if newest >= start_ms else start_ms + page_ms
        _log.debug("fetched pages", extra={"symbol": symbol, "num_rows": len(pages.rows)})
        return pages

    def _of_ended(self, answer: Answer, coin: str, listing: Listing, end_ms: int) -> Answer:
        """The answer of a coin that is no longer traded: its end, where it lies within or before the days asked for."""
        if self._is_shown_later(listing, end_ms):
            return replace(answer, shown_until_ms=end_ms)
        candles = answer.candles
        last_day = day_of_ms(int(candles.open_time_ms[-1])) if len(candles) else None
        shown_until_ms = int(candles.open_time_ms[-1]) + self._timeframe.ms if len(candles) else 0
        successor = self._successors.get(coin)
        reason = f"{self._client.exchange_id} no longer trades {listing.symbol}{f'; {successor}' if successor else ''}"
        return replace(answer, shown_until_ms=shown_until_ms, end=CoinEnd(reason=reason, last_day=last_day))

    def _is_shown_later(self, listing: Listing, end_ms: int) -> bool:
        """Whether the coin was still traded after the days that were asked for."""
        if listing.ends_ms is not None:
            return listing.ends_ms > end_ms
        page = self._client.fetch_page(listing.symbol, self._timeframe.name, end_ms)
        return (
            len(self._read(listing, [row for row in page if self._is_closed(row) and (row[0] or 0) >= end_ms]).candles)
            > 0
        )

    def _read(self, listing: Listing, rows: list[Row]) -> RowsRead:
        try:
            return read_rows(rows, self._timeframe, has_ended=not listing.is_active)
        except CandlesRejected as error:
            raise CandlesRejected(f"{self.name}, {listing.symbol}: {error}") from error

    def _closed_ms(self) -> int:
        now_ms = int(self._clock.now().timestamp() * 1000) - SETTLE_MS
        return now_ms // self._timeframe.ms * self._timeframe.ms

    def _is_closed(self, row: Row) -> bool:
        return (row[0] or 0) < self._closed_ms()

    def _refuse_future(self, symbol: str, page: list[Row]) -> None:
        """A time in another unit would prove that all candles before it are there, and make a hole of them."""
        newest_ms = int(page[-1][0] or 0) if page else 0
        if newest_ms > self._clock.now().timestamp() * 1000 + DAY_MS:
            raise CandlesRejected(f"{self.name}, {symbol}: a candle opens at {newest_ms} ms, more than a day after now")

    def _refuse_if_too_old(self, symbol: str, page: list[Row], since_ms: int) -> None:
        """Some exchanges ignore `since` beyond their newest 720 candles (Kraken's OHLC manual): a hole, not a listing."""
        if len(page) < self._client.page_size:
            return
        oldest, newest = int(page[0][0] or 0), int(page[-1][0] or 0)
        is_newest_page = newest > self._clock.now().timestamp() * 1000 - 2 * self._timeframe.ms
        if oldest > since_ms + self._timeframe.ms and is_newest_page:
            raise SourceRefused(
                f"{self.name}: asked for {symbol} {self._timeframe.name} from {datetime_of_ms(since_ms):%Y-%m-%d %H:%M} "
                f"UTC, it serves only its newest {len(page)} candles, from {datetime_of_ms(oldest):%Y-%m-%d %H:%M} UTC; "
                "choose another exchange, a longer timeframe or a shorter lookback"
            )


def _refuse_if_revised(symbol: str, rows: dict[int, Row], *others: dict[int, Row]) -> None:
    for new in others:
        for time in rows.keys() & new.keys():
            if rows[time] != new[time]:
                raise CandlesRejected(
                    f"{symbol}: two rows give different candles for {datetime_of_ms(time):%Y-%m-%d %H:%M} UTC"
                )

"""An ordered list of exchanges as one candle source: the first is the market, a later one serves while it is unavailable.

| stored of the coin | a later exchange |
|---|---|
| a day that the first gave | serves where the prices of that day agree, by `market.exchange_price_tolerance` |
| nothing of the first, which is unavailable | serves all days, so that no window mixes two exchanges (docs/adr/0131) |
| nothing of the first, which blocks this region | does not serve: the first would never be back |
"""

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Final

from coin_models.clock import Clock
from coin_models.errors import CandlesRejected, SourceBlocked, SourceError, SourceRefused, SourceUnavailable
from coin_models.market.candles import Candles
from coin_models.market.source import Answer, KnownCandles
from coin_models.market.sources.exchange import ExchangeSource
from coin_models.market.substitutes import MIN_SHARED_CANDLES, price_distance
from coin_models.market.timeframe import days_between

_log = logging.getLogger(__name__)

AWAY_SECONDS: Final = 300
"""How long an exchange that was found away is not asked again: else every coin would wait for its retries."""


class ExchangeList:
    """Candles of the first exchange; while it is unavailable, of the next one whose prices agree."""

    def __init__(self, sources: Sequence[ExchangeSource], tolerance: float, clock: Clock) -> None:
        """Asks nothing yet.

        Args:
            sources: in order, two or more. tolerance: the median relative distance of closing prices that is allowed.
            clock: the time now.
        """
        self._first, *self._others = sources
        self._tolerance, self._clock = tolerance, clock
        self._away: tuple[datetime, SourceError] | None = None

    @property
    def name(self) -> str:
        """The first exchange's: it is the market."""
        return self._first.name

    def coins(self) -> tuple[str, ...]:
        """The coins of the settings."""
        return self._first.coins()

    def fetch(self, coin: str, first: date, last: date) -> Candles:
        """The first exchange's candles alone: here nothing is known to compare another's with. Raises as it does."""
        return self._first.fetch(coin, first, last)

    def ask(self, coin: str, first: date, last: date, stored_candles: KnownCandles) -> Answer:
        """The first exchange's answer; while it is unavailable, that of the next one whose prices agree with `stored_candles`.

        Raises:
            SourceUnavailable: the first is unavailable, and no other may serve; with the reason of each. SourceBlocked: it
                blocks this region, and nothing of it is stored. Else as the first.
        """
        away = self._known_away()
        if away is None:
            try:
                return self._first.ask(coin, first, last)
            except (SourceUnavailable, SourceBlocked) as error:
                self._away = self._clock.now(), error
                away = error
        return self._substitute(coin, first, last, stored_candles(), away)

    def _known_away(self) -> SourceError | None:
        if self._away is None or self._clock.now() - self._away[0] > timedelta(seconds=AWAY_SECONDS):
            return None
        return self._away[1]

    def _substitute(self, coin: str, first: date, last: date, stored: Candles, away: SourceError) -> Answer:
        if not len(stored) and isinstance(away, SourceBlocked):
            raise SourceBlocked(
                f"{away}. Nothing of it is stored of {coin}, so that no prices can be compared, now or later: name another "
                "exchange first (market.exchange)"
            )
        reasons = [str(away)]
        for source in self._others:
            try:
                prices = self._compared(source, coin, stored)
                answer = source.ask(coin, first, last)
            except (SourceError, CandlesRejected) as error:
                reasons.append(f"{source.name} cannot stand in for it: {error}")
                continue
            origin = f"{source.name} while {self._first_name} was unavailable, {prices}"
            _log.warning("%s from %s to %s: %s", coin, first, last, origin)
            return replace(
                answer, is_substitute=True, end=None, origins=dict.fromkeys(days_between(first, last), origin)
            )
        raise SourceUnavailable("; ".join(reasons))

    @property
    def _first_name(self) -> str:
        return self._first.name.removeprefix("exchange ")

    def _compared(self, source: ExchangeSource, coin: str, stored: Candles) -> str:
        """How far the prices of both are apart, in words.

        Raises:
            SourceRefused: too far, or there are too few candles to tell.
        """
        if not len(stored):
            return f"prices not compared: nothing of {self._first_name} was stored"
        distance, num_shared = price_distance(stored, source.newest_page(coin, stored.days[-1]))
        if num_shared < MIN_SHARED_CANDLES:
            raise SourceRefused(
                f"{num_shared} candles of {coin} are stored of {self._first.name} that it has too, "
                f"{MIN_SHARED_CANDLES} are needed to compare prices"
            )
        if distance > self._tolerance:
            raise SourceRefused(
                f"its prices of {coin} are {distance:.2%} from those of {self._first.name}, "
                f"{self._tolerance:.2%} are allowed (market.exchange_price_tolerance)"
            )
        return f"prices {distance:.2%} apart"

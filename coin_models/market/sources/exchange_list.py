"""An ordered list of exchanges as one candle source: the first is the market, a later one serves while it is unavailable.

A later exchange serves a coin only where its prices agree with the first one's: of the newest stored day that the first
gave, the median distance of the closing prices is at most `market.exchange_price_tolerance`. Without such a day nothing
is known of the two, and the coin waits for the first exchange.
"""

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Final

import numpy as np

from coin_models.clock import Clock
from coin_models.errors import CandlesRejected, SourceBlocked, SourceError, SourceRefused, SourceUnavailable
from coin_models.market.candles import Candles, empty_candles
from coin_models.market.source import Answer, KnownCandles
from coin_models.market.sources.exchange import ExchangeSource
from coin_models.market.timeframe import days_between

_log = logging.getLogger(__name__)

AWAY_SECONDS: Final = 300
"""How long an exchange that was found away is not asked again: else every coin would wait for its retries."""
MIN_SHARED_CANDLES: Final = 12
"""Fewer candles that both exchanges have tell nothing about their prices."""


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
            SourceUnavailable: the first is unavailable, and no other may serve; with the reason of each. Else as the first.
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
        reasons = [str(away)]
        for source in self._others:
            try:
                distance = self._distance(source, coin, stored)
                answer = source.ask(coin, first, last)
            except (SourceError, CandlesRejected) as error:
                reasons.append(f"{source.name} cannot stand in for it: {error}")
                continue
            first_name = self._first.name.removeprefix("exchange ")
            origin = f"{source.name} while {first_name} was unavailable, prices {distance:.2%} apart"
            _log.warning("%s from %s to %s: %s", coin, first, last, origin)
            return replace(
                answer, is_substitute=True, end=None, origins=dict.fromkeys(days_between(first, last), origin)
            )
        raise SourceUnavailable("; ".join(reasons))

    def _distance(self, source: ExchangeSource, coin: str, stored: Candles) -> float:
        """The median relative distance of the closing prices of both.

        Raises:
            SourceRefused: it is too great, or there are too few candles to tell.
        """
        theirs = source.newest_page(coin, stored.days[-1]) if len(stored) else empty_candles(stored.timeframe)
        _, mine, other = np.intersect1d(stored.open_time_ms, theirs.open_time_ms, return_indices=True)
        if len(mine) < MIN_SHARED_CANDLES:
            raise SourceRefused(
                f"{len(mine)} candles of {coin} are stored of {self._first.name} that it has too, "
                f"{MIN_SHARED_CANDLES} are needed to compare prices"
            )
        distance = float(np.median(np.abs(theirs.close[other] / stored.close[mine] - 1)))
        if distance > self._tolerance:
            raise SourceRefused(
                f"its prices of {coin} are {distance:.2%} from those of {self._first.name}, "
                f"{self._tolerance:.2%} are allowed (market.exchange_price_tolerance)"
            )
        return distance

"""The demo market as a candle source: offline, seeded, twenty coins, a day for every date.

`demo_process` computes its candles.
"""

from datetime import date
from typing import Final

from coin_models.clock import Clock
from coin_models.errors import CoinUnknown
from coin_models.market.candles import Candles
from coin_models.market.sources.demo_coins import DEMO_COINS, DemoCoin
from coin_models.market.sources.demo_process import simulate
from coin_models.market.timeframe import Timeframe


class DemoSource:
    """Candles of an invented market; the same seed, coin and day give the same candles on every machine."""

    name: Final = "demo"

    def __init__(self, seed: int, timeframe: Timeframe, clock: Clock) -> None:
        self._seed = seed
        self._timeframe = timeframe
        self._clock = clock

    def coins(self) -> tuple[str, ...]:
        """The twenty coins."""
        return tuple(DEMO_COINS)

    def fetch(self, coin: str, first: date, last: date) -> Candles:
        """The coin's candles from `first` to `last` that had closed at the clock's time.

        Raises:
            CoinUnknown: the market has no such coin.
        """
        days = simulate(self._seed, demo_coin(coin), self._timeframe, first, last)
        candles = Candles(
            timeframe=self._timeframe, open_time_ms=days.open_time_ms.ravel(), ohlcv=days.ohlcv.reshape(-1, 5)
        )
        return candles.closed_by(self._clock.now())


def demo_coin(name: str) -> DemoCoin:
    """The coin's description.

    Raises:
        CoinUnknown: the market has no such coin.
    """
    try:
        return DEMO_COINS[name]
    except KeyError:
        raise CoinUnknown(f"the demo market has no coin {name!r}; it has {', '.join(DEMO_COINS)}") from None

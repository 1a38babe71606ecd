"""The demo market as a candle source: offline, seeded, any number of coins, a day for every date.

`demo_process` computes its candles.
"""

from datetime import date
from typing import Final

from coin_models.clock import Clock
from coin_models.errors import CoinUnknown
from coin_models.market.candles import Candles
from coin_models.market.sources.demo_coins import DEMO_COINS, DemoCoin, demo_coin_names, find_demo_coin
from coin_models.market.sources.demo_process import simulate
from coin_models.market.timeframe import Timeframe


class DemoSource:
    """Candles of an invented market; the same seed, coin and day give the same candles on every machine."""

    name: Final = "demo"

    def __init__(self, seed: int, timeframe: Timeframe, clock: Clock, num_coins: int = len(DEMO_COINS)) -> None:
        self._num_coins = num_coins
        self._seed = seed
        self._timeframe = timeframe
        self._clock = clock

    def coins(self) -> tuple[str, ...]:
        """The coins of the market, twenty unless more are requested."""
        return demo_coin_names(self._num_coins)

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
    coin = find_demo_coin(name)
    if coin is None:
        raise CoinUnknown(f"the demo market has no coin {name!r}; it has {', '.join(DEMO_COINS)}, DEMO21, ...")
    return coin

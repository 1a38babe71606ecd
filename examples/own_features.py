"""Features of your own: what the market's leader did in the last hour, and where the coin's price stands in its last day.

Offer them from a package of yours, and name them in the settings (docs/use-a-model.md).
"""

import numpy as np
import pandas as pd

from coin_models import OwnTable, load_candles
from coin_models.errors import CoinModelsError

LEADER = "BTC"
HOUR_MS = 3_600_000


class Market:
    """A feature set of two columns: one from another coin, one from the coin's own candles."""

    names = ("leader_hour", "place_in_day")
    distributions = ("pandas",)

    def table(self, coin):
        """When each value became known, and the value: here the leader's return of the last hour."""
        return leader_returns()

    def columns(self, inputs):
        """(T, 2): each row rests on itself and the rows before it."""
        hour = np.sqrt(HOUR_MS / inputs.timeframe.ms) * inputs.volatility
        leader = inputs.as_of() / hour
        grid, day = inputs.grid, int(24 * HOUR_MS / inputs.timeframe.ms)
        low = pd.Series(grid.low).rolling(day, min_periods=1).min().to_numpy()
        high = pd.Series(grid.high).rolling(day, min_periods=1).max().to_numpy()
        place = (grid.close - low) / np.maximum(high - low, 1e-12) - 0.5
        return np.stack([np.clip(leader, -5, 5), place], axis=1)


def leader_returns():
    """Of the candles that the home has stored now: what a run stores, its fits read, so nothing is kept from call to call."""
    try:
        close = np.log(load_candles(LEADER)["close"])
    except CoinModelsError:  # a home that has no candles of it yet
        return OwnTable.of_frame(pd.DataFrame({"leader": []}, index=pd.DatetimeIndex([], tz="UTC")))
    candle = close.index.to_series().diff().min()
    moved = close - close.reindex(close.index - pd.Timedelta(hours=1)).to_numpy()
    return OwnTable.of_frame(moved.set_axis(close.index + candle).to_frame())

"""The windows of one coin: z-normalised log prices that can be compared, and the outcome of each."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from coin_models.market.candles import Candles
from coin_models.market.timeframe import DAY_MS
from coin_models.trading.scoring import realised_returns

Floats = npt.NDArray[np.float64]

_FLAT = 1e-6  # root sum of squares of a centred window of log prices: below it there is no shape, only tick size


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CoinWindows:
    """Windows of one coin without gaps and with movement, ascending in time; W windows of m candles.

    The product of two rows of `unit` is the correlation of two shapes; their z-normalised Euclidean distance, which the
    matrix profile is defined with, is sqrt(2 m (1 - correlation)).
    """

    coin: str
    step_ms: int  # length of a candle
    end_ms: npt.NDArray[np.int64]  # (W,) close of the window's last candle
    unit: npt.NDArray[np.float32]  # (W, m) log closes, centred, of length one
    outcome: Floats  # (W,) log return over the horizon after the window; NaN while not known
    scaled: Floats  # (W,) the same over the window's volatility, less the coin's mean; NaN while not known

    def __len__(self) -> int:
        return len(self.end_ms)

    @property
    def length(self) -> int:
        """Candles per window."""
        return int(self.unit.shape[1])

    def day_numbers(self, index: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Days since 1970 on which the last candles of these windows opened."""
        return (self.end_ms[index] - self.step_ms) // DAY_MS


def make_windows(coin: str, candles: Candles, *, length: int, horizon: int) -> CoinWindows:
    """All windows of `length` candles without gap and with movement, and the return over `horizon` candles after each.

    Nothing beyond the last candle is looked at: outcomes that are still open are NaN.
    """
    step_ms = candles.timeframe.ms
    log_close = np.log(candles.close)
    if len(candles) < length:
        return _none(coin, step_ms, length)
    last = np.arange(length - 1, len(candles))
    whole = candles.open_time_ms[last] - candles.open_time_ms[last - (length - 1)] == (length - 1) * step_ms
    # Around the first price: float32 keeps 7 digits, of which a log price of 11 would waste two.
    shifted = (log_close - log_close[0]).astype(np.float32)
    unit = np.lib.stride_tricks.sliding_window_view(shifted, length)
    unit = unit - unit.mean(axis=1, keepdims=True)
    norm = np.sqrt(np.einsum("wm,wm->w", unit, unit))
    keep = whole & (norm > _FLAT)
    outcome = realised_returns(candles, horizon)[last]
    volatility = _volatility(log_close, length)[last] * np.sqrt(horizon)
    scaled = np.divide(outcome, volatility, out=np.full(len(last), np.nan), where=volatility > 0)[keep]
    known = np.isfinite(scaled)
    return CoinWindows(
        coin=coin,
        step_ms=step_ms,
        end_ms=candles.open_time_ms[last[keep]] + step_ms,
        unit=unit[keep] / norm[keep, None],
        outcome=outcome[keep],
        scaled=scaled - (scaled[known].mean() if known.any() else 0.0),
    )


def _volatility(log_close: Floats, length: int) -> Floats:
    """Root mean square of the one-candle log returns inside the window that ends at each candle, (N,)."""
    squared = np.concatenate(([0.0], np.cumsum(np.diff(log_close, prepend=log_close[0]) ** 2)))
    volatility = np.zeros(len(log_close))
    inside = length - 1  # a window of m candles has m - 1 returns
    volatility[inside:] = np.sqrt(np.maximum(squared[length:] - squared[1 : len(squared) - inside], 0.0) / inside)
    return volatility


def _none(coin: str, step_ms: int, length: int) -> CoinWindows:
    nothing = np.empty(0)
    return CoinWindows(
        coin=coin,
        step_ms=step_ms,
        end_ms=np.empty(0, np.int64),
        unit=np.empty((0, length), np.float32),
        outcome=nothing,
        scaled=nothing,
    )

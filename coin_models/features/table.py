"""The feature table of one coin: what the network sees, what scales it, and where it can be trusted.

Belongs here: the candles put on the full grid, the list of features, the volatility that scales returns, the target.
Not here: which rows are fitted or validated (splits.py), standardisation (scaling.py), windows as tensors (training).

Everything at t is known when the candle that opened at t closes, and depends on the last `HISTORY_CANDLES` candles
(on older ones by less than rounding): a forecast made from a few days of candles sees what the fit saw.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from coin_models.features import indicators
from coin_models.features.grid import Grid, lay_on_grid
from coin_models.market.candles import Candles
from coin_models.market.timeframe import DAY_MS
from coin_models.settings.market import MarketSettings

Array = NDArray[np.float64]

HISTORY_CANDLES = 864
"""Candles of history the slowest feature looks at: three days of 5 minutes, one page of most exchanges."""

SETTLE_CANDLES = 36
"""Candles after a long gap before features are trusted again: the fast averages have forgotten it by then."""

_RANGE_TO_VOLATILITY = float(np.sqrt(np.pi / 8))
"""Expected log range of a Brownian motion is sqrt(8 / pi) times its volatility (Parkinson 1980)."""

_VOLATILITY_FLOOR = 1e-5
"""Per-candle volatility below this is tick size, not risk; it also keeps a frozen price from dividing by zero."""

_RETURN_LENGTHS = (1, 3, 12, 36, 144, 288, 864)
_VOLATILITY_LENGTHS = (3, 12, 72, 288, 864)

FEATURE_NAMES: tuple[str, ...] = (
    *(f"return_{length}" for length in _RETURN_LENGTHS),
    *(f"volatility_{length}" for length in _VOLATILITY_LENGTHS),
    "volatility_trend",
    "range_1",
    "close_in_candle",
    "wick",
    "position_12",
    "position_144",
    "position_864",
    "volume_1",
    "volume_12",
    "volume_144",
    "signed_volume_12",
    "signed_volume_144",
    "downside_72",
    "sin_day",
    "cos_day",
    "sin_half_day",
    "cos_half_day",
    "sin_week",
    "cos_week",
    "filled_12",
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FeatureTable:
    """Features of one coin on the full grid from its first to its last candle, T rows, F features."""

    open_time_ms: NDArray[np.int64]
    """(T,) open of each candle, UTC epoch milliseconds, without gaps."""
    x: NDArray[np.float32]
    """(T, F) features in the order of `FEATURE_NAMES`, finite everywhere, not yet standardised."""
    volatility: Array
    """(T,) volatility of a one-candle log return, known at the candle's close; positive."""
    close: Array
    """(T,) close, carried forward over gaps."""
    usable: NDArray[np.bool_]
    """(T,) whether the features of this row can be trusted: enough history, no long gap within reach."""
    real: NDArray[np.bool_]
    """(T,) whether the row is a candle of the market rather than one carried forward."""

    def __len__(self) -> int:
        return len(self.open_time_ms)


def build_features(candles: Candles, market: MarketSettings) -> FeatureTable:
    """Features of one coin's candles: (T, F) float32 on the full grid, each row from its own past alone.

    Gaps of up to `market.max_fill_candles` are carried forward and flagged in `filled_12`; rows in a longer gap, or
    within `SETTLE_CANDLES` after it, are not `usable`. The first `HISTORY_CANDLES` rows are not either.
    """
    grid = lay_on_grid(candles, market.max_fill_candles)
    volatility = _volatility(grid)
    columns = [*_return_columns(grid, volatility), *_candle_columns(grid, volatility), *_volume_columns(grid)]
    columns += [*_time_columns(grid), indicators.rolling_mean(grid.filled.astype(np.float64), 12)]
    usable = indicators.rolling_sum(grid.in_long_gap.astype(np.float64), SETTLE_CANDLES) < 0.5
    usable[:HISTORY_CANDLES] = False
    return FeatureTable(
        open_time_ms=grid.open_time_ms,
        x=np.stack(columns, axis=1).astype(np.float32),
        volatility=volatility,
        close=grid.close,
        usable=usable,
        real=~grid.filled,
    )


def build_targets(table: FeatureTable, horizon: int) -> NDArray[np.float32]:
    """Log return over the next `horizon` candles over its expected size, (T,) float32, NaN where not known.

    The expected size is `volatility * sqrt(horizon)`. A target is known where both its ends are real candles.
    """
    targets = np.full(len(table), np.nan, dtype=np.float32)
    if len(table) > horizon:
        log_price = np.log(table.close)
        known = table.real[horizon:] & table.real[:-horizon]
        scaled = (log_price[horizon:] - log_price[:-horizon]) / horizon_volatility(table, horizon)[:-horizon]
        targets[:-horizon] = np.where(known, scaled, np.nan)
    return targets


def horizon_volatility(table: FeatureTable, horizon: int) -> Array:
    """Volatility of the log return over the next `horizon` candles, (T,): what turns a target into a return."""
    return table.volatility * float(np.sqrt(horizon))


def _volatility(grid: Grid) -> Array:
    """Volatility per candle, (T,): ranges averaged over half an hour, three hours and a day.

    Three horizons in one mean are Corsi's HAR (2009); ranges instead of squared returns are steadier. On the ten liquid
    coins it predicts hourly quantiles better than any one EWMA (docs/adr/0011).
    """
    spread = np.log(grid.high / grid.low) * _RANGE_TO_VOLATILITY
    fast = indicators.exponential_mean(spread, 6)
    medium = indicators.exponential_mean(spread, 36)
    slow = indicators.rolling_mean(spread, 288)
    return np.maximum((fast + medium + slow) / 3.0, _VOLATILITY_FLOOR)


def _return_columns(grid: Grid, volatility: Array) -> list[Array]:
    """Returns at several scales over what they should be, and realised volatilities over the current one."""
    log_price = np.log(grid.close)
    one = indicators.change_over(log_price, 1)
    columns = [indicators.change_over(log_price, n) / (volatility * np.sqrt(n)) for n in _RETURN_LENGTHS]
    columns += [_log_ratio(indicators.rolling_rms(one, n), volatility) for n in _VOLATILITY_LENGTHS]
    slow = indicators.rolling_mean(volatility, 288)
    return [*columns, _log_ratio(volatility, slow)]


def _candle_columns(grid: Grid, volatility: Array) -> list[Array]:
    """The shape of the last candle and where its close lies in the ranges of an hour, half a day, three days."""
    upper = np.log(grid.high / np.maximum(grid.open, grid.close))
    lower = np.log(np.minimum(grid.open, grid.close) / grid.low)
    columns = [
        _log_ratio(np.log(grid.high / grid.low), volatility),
        indicators.position_within(grid.close, grid.low, grid.high),
        (upper - lower) / volatility,
    ]
    for length in (12, 144, 864):
        low, high = indicators.rolling_low(grid.low, length), indicators.rolling_high(grid.high, length)
        columns.append(indicators.position_within(grid.close, low, high))
    return columns


def _volume_columns(grid: Grid) -> list[Array]:
    """Volume over its own mean, its direction, and the share of the variance that came from falling candles."""
    change = indicators.change_over(np.log(grid.close), 1)
    usual = indicators.rolling_mean(grid.volume, 864)
    columns = [_log_ratio(indicators.rolling_mean(grid.volume, n), usual) for n in (1, 12, 144)]
    signed = grid.volume * np.sign(change)
    for length in (12, 144):
        moved = indicators.rolling_sum(grid.volume, length)
        columns.append(indicators.share(indicators.rolling_sum(signed, length), moved))
    falling = indicators.rolling_sum(np.square(np.minimum(change, 0.0)), 72)
    return [*columns, indicators.share(falling, indicators.rolling_sum(np.square(change), 72))]


def _time_columns(grid: Grid) -> list[Array]:
    """Time of day (two harmonics) and of week, UTC, at the candle's open."""
    columns: list[Array] = []
    for period_ms in (DAY_MS, DAY_MS // 2, 7 * DAY_MS):
        angle = 2 * np.pi * (grid.open_time_ms % period_ms) / period_ms
        columns += [np.sin(angle), np.cos(angle)]
    return columns


def _log_ratio(part: Array, whole: Array) -> Array:
    """`log(part / whole)` held within +-3, so that a candle without movement or volume is extreme but finite."""
    return np.clip(np.log(np.maximum(part, 1e-12) / np.maximum(whole, 1e-12)), -3.0, 3.0)

"""The feature table of one coin: the network's inputs, the volatility that scales returns, the target, and the valid
rows.

Everything at t is known when the candle that opened at t closes, and depends on the last `HISTORY_DAYS` days (on older
candles by less than one part in a thousand): a forecast made from three days of candles has the same inputs as the fit.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from coin_models.features import indicators
from coin_models.features.feature_sets import NO_FEATURES, OwnFeatures
from coin_models.features.grid import Grid, lay_on_grid
from coin_models.features.memories import Memories
from coin_models.features.width import width_columns, width_names
from coin_models.market.candles import Candles
from coin_models.market.timeframe import DAY_MS, Timeframe
from coin_models.settings.market import MarketSettings

Array = NDArray[np.float64]

_RANGE_TO_VOLATILITY = float(np.sqrt(np.pi / 8))
"""Expected log range of a Brownian motion is sqrt(8 / pi) times its volatility (Parkinson 1980)."""

_SHOCK_LIMIT = 6.0
"""A shock beyond this many deviations says no more than one of this size: a bad tick must not live on in averages."""

_VOLATILITY_FLOOR = 1e-5
"""Per-candle volatility below this is tick size, not risk; it also keeps a frozen price from dividing by zero."""

_NUM_CUTS = 3

_DAY_HARMONICS = (1, 2, 3, 4)
_WEEK_HARMONICS = (1, 2)


def feature_names(timeframe: Timeframe) -> tuple[str, ...]:
    """The features of candles of this timeframe, in the order of their columns; a number is a memory in candles."""
    memories = Memories.of(timeframe.seconds)
    return (
        *(f"momentum_{half_life}" for half_life in memories.momentum),
        f"momentum_mean_{memories.momentum_mean}",
        *(f"range_{half_life}" for half_life in memories.ranges),
        *(f"range_mean_{length}" for length in memories.range_means),
        "volume",
        *(f"volume_{half_life}" for half_life in memories.volumes),
        *(f"{wave}_day_{k}" for k in _DAY_HARMONICS for wave in ("sin", "cos")),
        *(f"{wave}_week_{k}" for k in _WEEK_HARMONICS for wave in ("sin", "cos")),
        f"filled_{memories.filled}",
    )


def width_feature_names(timeframe: Timeframe) -> tuple[str, ...]:
    """What only the reference reads beside `feature_names`."""
    return width_names(Memories.of(timeframe.seconds))


def fast_feature_names(timeframe: Timeframe) -> tuple[str, ...]:
    """Those of `feature_names` that forget within the hour, and neither calendar nor day means."""
    memories = Memories.of(timeframe.seconds)
    return (
        *(f"momentum_{half_life}" for half_life in memories.momentum if half_life <= memories.hour),
        *(f"range_{half_life}" for half_life in memories.ranges if half_life <= memories.hour),
        "volume",
        f"filled_{memories.filled}",
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FeatureTable:
    """Features of one coin on the full grid from its first to its last candle, T rows, F features."""

    open_time_ms: NDArray[np.int64]
    """(T,) open of each candle, UTC epoch milliseconds, without gaps."""
    x: NDArray[np.float32]
    """(T, F) features in the order of `feature_names`, then `own_names`; finite everywhere, not yet standardised."""
    width: NDArray[np.float32]
    """(T, W) what only the reference reads, in the order of `width_feature_names`."""
    spread: Array
    """(T,) what the range of each candle says of its volatility; not negative."""
    volatility: Array
    """(T,) volatility of a one-candle log return, known at the candle's close; positive."""
    close: Array
    """(T,) close, carried forward over gaps."""
    usable: NDArray[np.bool_]
    """(T,) whether the features of this row can be trusted: enough history, no long gap within reach."""
    real: NDArray[np.bool_]
    """(T,) whether the row is a candle of the market rather than one carried forward."""
    own_names: tuple[str, ...] = ()
    """Of the last columns of `x`: those of feature sets."""

    def __len__(self) -> int:
        return len(self.open_time_ms)

    def with_own(self, names: Sequence[str]) -> "FeatureTable":
        """The table with these own columns, in this order, and no others.

        Raises:
            ValueError: one is not there.
        """
        if self.own_names == tuple(names):
            return self
        missing = set(names) - set(self.own_names)
        if missing:
            raise ValueError(f"the table has no columns {', '.join(sorted(missing))}")
        num_plain = self.x.shape[1] - len(self.own_names)
        columns = [*range(num_plain), *(num_plain + self.own_names.index(name) for name in names)]
        return replace(self, x=np.ascontiguousarray(self.x[:, columns]), own_names=tuple(names))


def build_features(candles: Candles, market: MarketSettings, own: OwnFeatures = NO_FEATURES) -> FeatureTable:
    """Features of one coin's candles: (T, F) float32 on the full grid, each row from its own past alone.

    Gaps of up to `market.max_fill_minutes` are carried forward and flagged in the last feature; rows in a longer gap, or
    in the three hours after it, are not `usable`. Those of the first `HISTORY_DAYS` days are not either.

    Raises:
        UsageError: a feature set of `own` fails.
    """
    grid = lay_on_grid(candles, market.max_fill_candles(candles.timeframe.seconds))
    memories = Memories.of(candles.timeframe.seconds)
    spread = _spread(grid)
    volatility = _volatility(spread, memories)
    columns = [*_momentum_columns(grid, volatility, memories), *_range_columns(spread, volatility, memories)]
    columns += [*_volume_columns(grid, memories)]
    columns += _time_columns(int(grid.open_time_ms[0]), len(grid.open_time_ms), candles.timeframe.ms)
    columns.append(indicators.rolling_mean(grid.filled.astype(np.float64), memories.filled))
    columns += own.columns(grid, volatility, candles.timeframe)
    usable = indicators.rolling_sum(grid.in_long_gap.astype(np.float64), memories.settle) < 0.5
    usable[: memories.history] = False
    return FeatureTable(
        open_time_ms=grid.open_time_ms,
        x=_float32(columns),
        width=_float32(width_columns(grid, spread, volatility, memories)),
        spread=spread,
        volatility=volatility,
        close=grid.close,
        usable=usable,
        real=~grid.filled,
        own_names=own.names,
    )


def check_causal(table: FeatureTable, candles: Candles, market: MarketSettings, own: OwnFeatures, seed: int) -> None:
    """Tests the own columns for a look ahead: at three moments drawn by the seed nothing later may have changed a row.

    Args:
        table: of these candles.
        candles, market, own: what it was built from.
        seed: another one each day, so that a nightly fit tests other moments.

    Raises:
        UsageError: a feature set looks ahead, or fails.
    """
    if own.sets and len(table) > 1:
        grid = lay_on_grid(candles, market.max_fill_candles(candles.timeframe.seconds))
        rows = np.random.default_rng(seed).integers(len(table) // 4, len(table) - 1, size=_NUM_CUTS)
        own.check_causal(grid, table.volatility, candles.timeframe, [int(row) for row in rows])


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


def _spread(grid: Grid) -> Array:
    """What the range of each candle says of its volatility, (T,)."""
    return np.log(grid.high / grid.low) * _RANGE_TO_VOLATILITY


def _volatility(spread: Array, memories: Memories) -> Array:
    """Volatility per candle, (T,): ranges averaged over half an hour, three hours and a day.

    Three horizons in one mean are Corsi's HAR (2009); ranges instead of squared returns are steadier. On the ten liquid
    coins it predicts hourly quantiles better than any one EWMA (docs/adr/0010).
    """
    fast, medium = (indicators.exponential_mean(spread, half_life) for half_life in memories.volatility)
    slow = indicators.rolling_mean(spread, memories.volatility_mean)
    return np.maximum((fast + medium + slow) / 3.0, _VOLATILITY_FLOOR)


def _momentum_columns(grid: Grid, volatility: Array, memories: Memories) -> list[Array]:
    """Exponential sums of shocks, of about unit variance: a shock is a return over the volatility known before it."""
    change = indicators.change_over(np.log(grid.close), 1)
    known_before = np.concatenate([volatility[:1], volatility[:-1]])
    shock = np.clip(change / known_before, -_SHOCK_LIMIT, _SHOCK_LIMIT)
    columns = [indicators.exponential_mean(shock, n) * np.sqrt(2 * n / np.log(2)) for n in memories.momentum]
    return [*columns, indicators.rolling_mean(shock, memories.momentum_mean) * np.sqrt(memories.momentum_mean)]


def _range_columns(spread: Array, volatility: Array, memories: Memories) -> list[Array]:
    """Faster and slower averages of the range over the current volatility: where it comes from, where it may return."""
    averages = [indicators.exponential_mean(spread, half_life) for half_life in memories.ranges]
    averages += [indicators.rolling_mean(spread, length) for length in memories.range_means]
    return [_log_ratio(average, volatility) for average in averages]


def _volume_columns(grid: Grid, memories: Memories) -> list[Array]:
    """Volume of the last candle, the last hours, the last half day, over its mean of three days."""
    usual = indicators.rolling_mean(grid.volume, memories.history)
    recent = [grid.volume, *(indicators.exponential_mean(grid.volume, half_life) for half_life in memories.volumes)]
    return [_log_ratio(volume, usual) for volume in recent]


@lru_cache(maxsize=4)
def _time_columns(first_ms: int, num_rows: int, step_ms: int) -> tuple[Array, ...]:
    """Harmonics of the time of day and of the week, UTC, at the candle's open: the same for all coins of a grid."""
    open_time_ms = first_ms + step_ms * np.arange(num_rows, dtype=np.int64)
    columns: list[Array] = []
    for period_ms, harmonics in ((DAY_MS, _DAY_HARMONICS), (7 * DAY_MS, _WEEK_HARMONICS)):
        angle = 2 * np.pi * (open_time_ms % period_ms) / period_ms
        for k in harmonics:
            columns += [np.sin(k * angle), np.cos(k * angle)]
    for column in columns:
        column.flags.writeable = False
    return tuple(columns)


def _float32(columns: Sequence[Array]) -> NDArray[np.float32]:
    """Columns (T,) side by side, (T, F)."""
    return np.stack(columns, axis=1, dtype=np.float32, casting="same_kind")


def _log_ratio(part: Array, whole: Array) -> Array:
    """`log(part / whole)` held within +-3, so that a candle without movement or volume is extreme but finite."""
    return np.clip(np.log(np.maximum(part, 1e-12) / np.maximum(whole, 1e-12)), -3.0, 3.0)

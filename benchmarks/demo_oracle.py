"""The best possible forecast of the demo market, for comparison with models that are trained on it.

Given the state when a candle closes (M, H, A of `demo_process`), the log return over the next candles is a sum whose
mean and variance have closed forms. Its standardised shape is nearly the same everywhere (slightly heavier tails than
the normal distribution, as volatility is not known ahead); it is measured once per horizon on simulated sums.

The day's drift is left out: it derives from a month of returns, moves the hourly return by 0.06 of its standard
deviation, and no model that reads three days of candles can know it.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Final

import numpy as np

from coin_models.market.candles import Candles
from coin_models.market.sources.demo import demo_coin
from coin_models.market.sources.demo_process import (
    ACTIVITY_PERSISTENCE,
    MEAN_ABS,
    SHOCK_PERSISTENCE,
    SIGNAL_SHARE,
    STATIONARY_LOG_VARIANCE,
    VOLATILITY_GAIN,
    VOLATILITY_PERSISTENCE,
    DemoDays,
    Floats,
    planted_signal,
    simulate,
)
from coin_models.market.timeframe import Timeframe

_NUM_SHAPE_PATHS: Final = 100_000  # quantiles to 0.005 standard deviations: 1e-5 of the pinball loss
_SHAPE_SEED: Final = 20240815
_EPSILON_WEIGHT: Final = math.sqrt(1 - SIGNAL_SHARE**2)
_SHOCK_WEIGHT: Final = math.sqrt(1 - SHOCK_PERSISTENCE**2)

VolatilityOf = Callable[[Candles], Floats]
"""Candles (N,) to the volatility (N,) by which a target is scaled, known when each candle closes."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OracleForecast:
    """The best forecast there is, made when each candle closes."""

    candles: Candles  # (N,)
    quantiles: Floats  # (N, Q) of the log return over the next `horizon` candles
    outcome: Floats  # (N,) what the log return turned out to be; NaN for the last `horizon` candles


def oracle_forecast(
    seed: int, coin: str, timeframe: Timeframe, first: date, last: date, *, horizon: int, quantiles: Sequence[float]
) -> OracleForecast:
    """True conditional quantiles of the coin's log return over the next `horizon` candles, at every candle's close."""
    days = simulate(seed, demo_coin(coin), timeframe, first, last)
    mean, deviation = _mean_and_deviation(days, horizon)
    shape = np.array(_shape_quantiles(horizon, tuple(quantiles)))
    candles = Candles(timeframe=timeframe, open_time_ms=days.open_time_ms.ravel(), ohlcv=days.ohlcv.reshape(-1, 5))
    outcome = np.full(len(candles), np.nan)
    outcome[:-horizon] = np.log(candles.close[horizon:] / candles.close[:-horizon])
    return OracleForecast(candles=candles, quantiles=mean[:, None] + deviation[:, None] * shape, outcome=outcome)


def optimum_skill(
    seed: int,
    coin: str,
    timeframe: Timeframe,
    first: date,
    last: date,
    *,
    horizon: int,
    quantiles: Sequence[float],
    volatility: VolatilityOf,
    baseline_days: int = 90,
) -> float:
    """Pinball skill of the oracle on `first` to `last`: the best that a model can have, up to chance.

    The target is the log return over the next `horizon` candles divided by `volatility`; skill is one minus the
    oracle's mean pinball loss over that of the target's unconditional quantiles in the `baseline_days` before `first`.
    """
    start = first - timedelta(days=baseline_days)
    oracle = oracle_forecast(seed, coin, timeframe, start, last, horizon=horizon, quantiles=quantiles)
    scale = volatility(oracle.candles)
    target = oracle.outcome / scale
    num_before = baseline_days * timeframe.candles_per_day
    before, judged = slice(0, num_before - horizon), slice(num_before, len(target) - horizon)
    baseline = np.quantile(target[before][np.isfinite(target[before])], quantiles)
    forecast = oracle.quantiles[judged] / scale[judged, None]
    return 1 - pinball_loss(target[judged], forecast, quantiles) / pinball_loss(target[judged], baseline, quantiles)


def pinball_loss(target: Floats, forecast: Floats, quantiles: Sequence[float]) -> float:
    """Mean over samples and quantiles of the pinball loss (Koenker and Bassett 1978); forecast (N, Q) or (Q,)."""
    levels = np.asarray(quantiles)
    error = target[:, None] - forecast
    return float(np.mean(np.maximum(levels * error, (levels - 1) * error)))


def _mean_and_deviation(days: DemoDays, horizon: int) -> tuple[Floats, Floats]:
    """Conditional mean and standard deviation (N,) of the log return over the horizon, at each candle's close."""
    base = _ahead(days.log_volatility_base, horizon, days.shock.size)
    mean, variance = conditional_moments(
        base, days.shock.ravel(), days.activity.ravel(), days.log_volatility.ravel(), horizon
    )
    return mean, np.sqrt(variance)


def _ahead(base: Floats, horizon: int, count: int) -> Floats:
    """Volatility base of the next candles, (N, horizon)."""
    return np.lib.stride_tricks.sliding_window_view(base.ravel()[1:], horizon)[:count]


def conditional_moments(
    base: Floats, shock: Floats, activity: Floats, log_volatility: Floats, horizon: int
) -> tuple[Floats, Floats]:
    """Mean and variance (N,) of the sum of the next `horizon` returns without drift.

    Args:
        base: (N, horizon) log volatility of the coming candles without A.
        shock, activity, log_volatility: (N,) M, H, A of the next candle.
        horizon: number of candles.
    """
    step = np.arange(horizon)  # 0 for the next candle
    ahead_variance = (
        VOLATILITY_GAIN**2
        * (1 - MEAN_ABS**2)
        * (1 - VOLATILITY_PERSISTENCE ** (2 * step))
        / (1 - VOLATILITY_PERSISTENCE**2)
    )
    sigma = np.exp(base + log_volatility[:, None] * VOLATILITY_PERSISTENCE**step + ahead_variance / 2)  # (N, horizon)
    ahead_activity = activity[:, None] * ACTIVITY_PERSISTENCE**step
    ahead_shock = shock[:, None] * SHOCK_PERSISTENCE**step
    mean = (sigma * SIGNAL_SHARE * planted_signal(ahead_shock, ahead_activity)).sum(axis=1)
    # A shock moves its own candle, and through the signal those after it: `later` gathers that from the end backwards.
    response = sigma * SIGNAL_SHARE * _SHOCK_WEIGHT * planted_signal(np.ones_like(ahead_activity), ahead_activity)
    variance, later = np.zeros(len(shock)), np.zeros(len(shock))
    for k in reversed(range(horizon)):
        variance += (sigma[:, k] * _EPSILON_WEIGHT + later) ** 2 * np.exp(ahead_variance[k])
        later = response[:, k] + SHOCK_PERSISTENCE * later
    return mean, variance


@lru_cache
def _shape_quantiles(horizon: int, quantiles: tuple[float, ...]) -> tuple[float, ...]:
    """Quantiles of the standardised sum, from simulated sums that start in random states."""
    draw = np.random.default_rng(_SHAPE_SEED)
    shock, activity, log_volatility = draw.standard_normal((3, _NUM_SHAPE_PATHS))
    log_volatility *= math.sqrt(STATIONARY_LOG_VARIANCE)
    mean, variance = conditional_moments(np.zeros((1, horizon)), shock, activity, log_volatility, horizon)
    total = np.zeros(_NUM_SHAPE_PATHS)
    for _ in range(horizon):
        price, trade = draw.standard_normal((2, _NUM_SHAPE_PATHS))
        signal = planted_signal(shock, activity)
        total += np.exp(log_volatility) * (SIGNAL_SHARE * signal + _EPSILON_WEIGHT * price)
        shock = SHOCK_PERSISTENCE * shock + _SHOCK_WEIGHT * price
        activity = ACTIVITY_PERSISTENCE * activity + math.sqrt(1 - ACTIVITY_PERSISTENCE**2) * trade
        log_volatility = VOLATILITY_PERSISTENCE * log_volatility + VOLATILITY_GAIN * (np.abs(price) - MEAN_ABS)
    return tuple(float(q) for q in np.quantile((total - mean) / np.sqrt(variance), quantiles))

"""The volatility book: a long exposure sized by the forecast's width, so that each day carries the same risk.

What the models know is the width of the next hour, hardly its direction; this book uses the width alone. At the start of
each horizon of the day the exposure becomes target / forecast volatility (volatility targeting: Moreira & Muir 2017). The
forecast volatility is the half width of the version's interval times a factor: the root mean square of past returns over
the half width forecast for them, by the same version, on the days before. It depends on no other day's rows, so that any
day can be traded again, in any order. Small changes are left out, since their costs buy nothing.
"""

from collections.abc import Container, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import inf, sqrt
from typing import Final

import numpy as np
import numpy.typing as npt

from coin_models.features.splits import sample_rows
from coin_models.features.table import FeatureTable
from coin_models.market.timeframe import DAY_MS, day_start_ms
from coin_models.settings.trading import TradingSettings
from coin_models.trading.bootstrap import Interval, block_bootstrap
from coin_models.trading.costs import TradingCosts
from coin_models.trading.forecasts import Array, Forecasts

FACTOR_DAYS: Final = 14  # of forecasts and outcomes behind the factor: with 14 to 90 days risk is on target within 1 %
_VOLATILITY_FLOOR: Final = 1e-9  # of a price that never moved
MIN_FACTOR_PERIODS: Final = 48  # two days of hours; fewer say nothing about tails


@dataclass(frozen=True, slots=True, kw_only=True)
class VolatilityBookRules:
    """How the book is sized."""

    daily_risk: float  # standard deviation of a day's return that is aimed at, a fraction of equity
    max_exposure: float  # as a fraction of equity
    rebalance_band: float  # relative change of the wanted exposure below which nothing is traded, except at midnight


def volatility_book_rules(settings: TradingSettings) -> VolatilityBookRules:
    """The rules that the settings state."""
    return VolatilityBookRules(
        daily_risk=settings.daily_risk, max_exposure=settings.max_position, rebalance_band=settings.rebalance_band
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class VolatilityDay:
    """One version's volatility book of one coin and day. Returns, costs and turnover are fractions of equity."""

    daily_risk: float  # aimed at
    lower_level: float  # of the quantiles whose breaches are counted
    upper_level: float
    num_periods: int  # horizons of the day with a usable forecast and a known outcome
    periods_per_day: float
    squared_return: float  # sum over the periods, before costs
    gross_return: float
    cost: float  # fees, slippage, funding
    turnover: float  # sum of the changes of exposure
    mean_exposure: float
    num_below: int  # outcomes below the lowest quantile
    num_above: int  # outcomes above the highest


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Periods:
    """Horizons in time order: the row whose close each begins at, N of them."""

    rows: npt.NDArray[np.int64]  # (N,) -1: no forecast can be made
    returns: Array  # (N,) simple return over the horizon; NaN where it ends after the table
    is_of_day: npt.NDArray[np.bool_]  # (N,) false: before the day


def period_rows(table: FeatureTable, day: date, *, horizon: int, window: int, candle_seconds: int) -> Periods:
    """The day's horizons, and those of the days before that set the factor; one more before the day is the old exposure.

    Args:
        table: the history up to the end of the day, not empty.
        horizon: candles.
        window: candles that a forecast looks back over.
    """
    candle_ms = candle_seconds * 1000
    horizon_ms = horizon * candle_ms
    start_ms, end_ms = day_start_ms(day), day_start_ms(day + timedelta(days=1))
    num_before = max(FACTOR_DAYS * DAY_MS // horizon_ms, MIN_FACTOR_PERIODS)
    num_after = (end_ms - start_ms) // horizon_ms
    steps = np.arange(-num_before, num_after, dtype=np.int64)
    rows = (
        start_ms - candle_ms - int(table.open_time_ms[0])
    ) // candle_ms + steps * horizon  # closes as a period begins
    is_inside = (rows >= 0) & (rows < len(table))
    usable = np.zeros(len(table), dtype=bool)
    usable[sample_rows(table, window)] = True
    held = np.clip(rows, 0, len(table) - 1)
    ends = np.clip(rows + horizon, 0, len(table) - 1)
    known = is_inside & (rows + horizon < len(table))
    returns = np.where(known, table.close[ends] / table.close[held] - 1, np.nan)
    return Periods(rows=np.where(is_inside & usable[held], rows, -1), returns=returns, is_of_day=steps >= 0)


def run_volatility_book(
    periods: Periods, forecasts: Forecasts, rules: VolatilityBookRules, costs: TradingCosts, *, candle_seconds: int
) -> VolatilityDay | None:
    """One day of the book; None where too little is known to size it, or the day has no usable forecast.

    Args:
        periods: of `period_rows`.
        forecasts: one row per period, NaN where none can be made.
    """
    seconds = forecasts.horizon * candle_seconds
    known = forecasts.usable & (forecasts.half_width > 0) & np.isfinite(periods.returns)
    before, of_day = known & ~periods.is_of_day, known & periods.is_of_day
    if before.sum() < MIN_FACTOR_PERIODS or not of_day.any():
        return None
    factor = sqrt(float(((periods.returns[before] / forecasts.half_width[before]) ** 2).mean()))
    periods_per_day = DAY_MS / (seconds * 1000)
    risk = rules.daily_risk / sqrt(periods_per_day)
    volatility = np.where(known, factor * forecasts.half_width, np.inf)  # without a forecast nothing is held
    wanted = np.minimum(risk / np.maximum(volatility, _VOLATILITY_FLOOR), rules.max_exposure)
    first = int(np.argmax(periods.is_of_day))
    exposure = _held(wanted, rules.rebalance_band, midnights={first, first - round(periods_per_day)})
    held, returns = exposure[first:], np.nan_to_num(periods.returns[first:])
    changes = np.abs(np.diff(exposure[first - 1 :]))  # the first one from what was held before midnight
    outcomes, quantiles = np.log1p(periods.returns[of_day]), forecasts.returns[of_day]
    return VolatilityDay(
        daily_risk=rules.daily_risk,
        lower_level=forecasts.levels[0],
        upper_level=forecasts.levels[-1],
        num_periods=int(of_day.sum()),
        periods_per_day=periods_per_day,
        squared_return=float(((held * returns) ** 2).sum()),
        gross_return=float((held * returns).sum()),
        cost=float(changes.sum()) * _cost_of_fill(costs)
        + float(held.sum()) * costs.funding.funding_usd(1.0, 1, seconds),
        turnover=float(changes.sum()),
        mean_exposure=float(held.mean()),
        num_below=int((outcomes < quantiles[:, 0]).sum()),
        num_above=int((outcomes > quantiles[:, -1]).sum()),
    )


def _held(wanted: Array, band: float, *, midnights: Container[int]) -> Array:
    """What is held where only changes beyond the band are traded, and everything at midnight: days stay independent."""
    held = wanted.copy()
    for k in range(1, len(wanted)):
        if k not in midnights and 0 < abs(wanted[k] - held[k - 1]) <= band * held[k - 1]:
            held[k] = held[k - 1]
    return held


def _cost_of_fill(costs: TradingCosts) -> float:
    """Of one dollar bought or sold, the mean of both."""
    slippage = (costs.slippage.fill_price(1.0, +1) - costs.slippage.fill_price(1.0, -1)) / 2
    return costs.fee.fee_usd(1.0) + slippage


@dataclass(frozen=True, slots=True, kw_only=True)
class VolatilityFigures:
    """The book over a span of days, each coin's alike. None: too few days for an interval.

    * risk ratio: root of the mean over periods of the squared return / (daily risk² / periods a day); 1 is on target
    * breaches: shares of outcomes below the lowest and above the highest quantile, beside their nominal shares
    * turnover: changes of exposure a day, as a fraction of equity
    * total return: mean over coins of the sum of daily returns, after costs
    """

    num_days: int
    daily_risk: float  # aimed at, mean over the days
    risk_ratio: float
    risk_ratio_interval: Interval | None
    below: float
    below_nominal: float
    below_interval: Interval | None
    above: float
    above_nominal: float
    above_interval: Interval | None
    turnover_per_day: float
    mean_exposure: float
    total_return: float


_SQUARES, _PERIODS, _BELOW, _ABOVE = range(4)


def measure_volatility_book(
    records: Sequence[tuple[date, VolatilityDay]], *, bootstrap_samples: int
) -> VolatilityFigures | None:
    """The figures of these days, one coin's or several together; None without any.

    Intervals resample whole days, so that what coins share stays together.
    """
    if not records:
        return None
    days = sorted({day for day, _ in records})
    index = {day: k for k, day in enumerate(days)}
    sums = np.zeros((len(days), 4))
    net = np.zeros(len(days))
    num_coins = np.zeros(len(days))
    for day, book in records:
        in_target = book.squared_return / (book.daily_risk**2 / book.periods_per_day)
        sums[index[day]] += (in_target, book.num_periods, book.num_below, book.num_above)
        net[index[day]] += book.gross_return - book.cost
        num_coins[index[day]] += 1
    books = [book for _, book in records]

    def interval(column: int, *, root: bool = False) -> Interval | None:
        def statistic(rows: Array) -> Array:
            ratio: Array = rows[..., column].sum(axis=1) / rows[..., _PERIODS].sum(axis=1)
            return np.sqrt(ratio) if root else ratio

        within = (0, inf if root else 1)
        return block_bootstrap(sums, statistic, num_samples=bootstrap_samples, within=within)

    squares, periods, below, above = sums.sum(axis=0)
    return VolatilityFigures(
        num_days=len(days),
        daily_risk=float(np.mean([book.daily_risk for book in books])),
        risk_ratio=sqrt(squares / periods),
        risk_ratio_interval=interval(_SQUARES, root=True),
        below=float(below / periods),
        below_nominal=float(np.mean([book.lower_level for book in books])),
        below_interval=interval(_BELOW),
        above=float(above / periods),
        above_nominal=float(np.mean([1 - book.upper_level for book in books])),
        above_interval=interval(_ABOVE),
        turnover_per_day=sum(book.turnover for book in books) / len(books),
        mean_exposure=float(np.mean([book.mean_exposure for book in books])),
        total_return=float((net / num_coins).sum()),
    )

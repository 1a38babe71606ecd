"""The performance of shadow trading over days: a trader's figures, each with its definition."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from math import inf, sqrt
from typing import Final

import numpy as np

from coin_models.trading.bootstrap import Interval, block_bootstrap
from coin_models.trading.forecasts import Array

_DAYS_PER_YEAR: Final = 365  # crypto markets do not close
_WINS, _TRADES, _GAINED, _LOST = range(4)  # columns of a day's counts


@dataclass(frozen=True, slots=True, kw_only=True)
class TradingDayRecord:
    """What one coin's trading came to on one day."""

    coin: str
    day: date
    equity_usd: float  # what positions were sized on
    trade_pnls_usd: tuple[float, ...]  # net of all costs
    turnover_usd: float  # notional of all fills
    exposure: float  # share of the day's candles with a position
    num_scored: int  # forecasts whose outcome is known
    coverage: float | None  # share of those outcomes within the version's interval
    nominal_coverage: float  # the share that should be


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """What intervals of one nominal coverage held, over all forecasts."""

    nominal: float
    share: float
    interval: Interval | None  # of the share, by block bootstrap over days


@dataclass(frozen=True, slots=True, kw_only=True)
class Performance:
    """Figures over a span of days. None: too little to say. Returns are daily P&L / equity, not compounded.

    * hit rate: share of trades with P&L > 0
    * profit factor: sum of winning P&L / sum of losing P&L, None without losses
    * Sharpe: mean / standard deviation (n - 1) of daily returns x sqrt(365), no risk-free rate
    * Sortino: mean / root mean square of the negative daily returns (over all days) x sqrt(365)
    * max drawdown: largest fall of equity (initial + cumulated P&L) from its highest point so far, by initial equity
    * turnover: notional of all fills / equity, per day
    * exposure: mean share of candles with a position
    * coverages: share of outcomes within the forecasts' intervals, over all forecasts, by nominal coverage, ascending
    """

    num_days: int
    num_trades: int
    pnl_usd: float
    total_return: float
    hit_rate: float | None
    profit_factor: float | None
    sharpe: float | None
    sortino: float | None
    max_drawdown: float
    turnover_per_day: float
    exposure: float
    coverages: tuple[Coverage, ...]
    daily_return_interval: Interval | None
    sharpe_interval: Interval | None
    sortino_interval: Interval | None
    hit_rate_interval: Interval | None
    profit_factor_interval: Interval | None


def measure(records: Sequence[TradingDayRecord], *, bootstrap_samples: int) -> Performance:
    """The performance of these records, one coin's or several together.

    Days are pooled over coins: the equity of a day is the sum over its coins. Intervals resample whole days, so that
    the coins' common moves stay together.

    Raises:
        ValueError: there are no records, or a coin has two on one day.
    """
    if not records:
        raise ValueError("performance needs at least one day's record")
    if len({(record.coin, record.day) for record in records}) != len(records):
        raise ValueError("performance needs one record per coin and day; some coin has two on one day")
    days = sorted({record.day for record in records})
    pnl, equity, counts = _by_day(records, days)
    returns = pnl / equity

    def interval(
        values: Array, statistic: Callable[[Array], Array], within: tuple[float, float] = (-inf, inf)
    ) -> Interval | None:
        return block_bootstrap(values, statistic, num_samples=bootstrap_samples, within=within)

    def share(of: int, among: int) -> float | None:
        return _finite(_ratio_of_sums(counts[None][:, :, [of, among]]))

    return Performance(
        num_days=len(days),
        num_trades=int(counts[:, _TRADES].sum()),
        pnl_usd=float(pnl.sum()),
        total_return=float(returns.sum()),
        hit_rate=share(_WINS, _TRADES),
        profit_factor=share(_GAINED, _LOST),
        sharpe=_finite(sharpe_ratio(returns[None])),
        sortino=_finite(sortino_ratio(returns[None])),
        max_drawdown=max_drawdown(returns),
        turnover_per_day=float(sum(r.turnover_usd for r in records) / equity.sum()),
        exposure=float(np.mean([r.exposure for r in records])),
        coverages=tuple(_coverages(records, days, bootstrap_samples)),
        daily_return_interval=interval(returns, lambda rows: rows.mean(axis=1)),
        sharpe_interval=interval(returns, sharpe_ratio),
        sortino_interval=interval(returns, sortino_ratio),
        hit_rate_interval=interval(counts[:, [_WINS, _TRADES]], _ratio_of_sums, (0, 1)),
        profit_factor_interval=interval(counts[:, [_GAINED, _LOST]], _ratio_of_sums, (0, inf)),
    )


def sharpe_ratio(returns: Array) -> Array:
    """Annualised Sharpe ratio of each row of daily returns, (S,); NaN with fewer than two days or no spread."""
    if returns.shape[1] < 2:
        return np.full(len(returns), np.nan)
    return _ratio(returns.mean(axis=1), returns.std(axis=1, ddof=1))


def sortino_ratio(returns: Array) -> Array:
    """Annualised Sortino ratio of each row of daily returns, target 0, (S,); NaN without a losing day."""
    return _ratio(returns.mean(axis=1), np.sqrt((np.minimum(returns, 0) ** 2).mean(axis=1)))


def max_drawdown(returns: Array) -> float:
    """Largest fall of 1 + cumulated returns from its running maximum, which starts at 1; in initial equities."""
    equity = 1 + np.concatenate(([0.0], np.cumsum(returns)))
    return float((np.maximum.accumulate(equity) - equity).max())


def _by_day(records: Sequence[TradingDayRecord], days: Sequence[date]) -> tuple[Array, Array, Array]:
    """P&L (D,), equity (D,) and what ratios are made of (D, 4), each summed over the coins of a day."""
    index = {day: k for k, day in enumerate(days)}
    pnl, equity, counts = np.zeros(len(days)), np.zeros(len(days)), np.zeros((len(days), 4))
    for record in records:
        k, pnls = index[record.day], record.trade_pnls_usd
        gained = sum(value for value in pnls if value > 0)
        lost = -sum(value for value in pnls if value < 0)
        pnl[k] += gained - lost
        equity[k] += record.equity_usd
        wins = sum(value > 0 for value in pnls)
        counts[k] += (wins, len(pnls), gained, lost)
    return pnl, equity, counts


def _coverages(records: Sequence[TradingDayRecord], days: Sequence[date], num_samples: int) -> Iterator[Coverage]:
    index = {day: k for k, day in enumerate(days)}
    by_nominal: dict[float, Array] = {}  # (D, 2) outcomes held and scored
    for record in records:
        if record.coverage is not None and record.num_scored:
            counts = by_nominal.setdefault(record.nominal_coverage, np.zeros((len(days), 2)))
            counts[index[record.day]] += (record.coverage * record.num_scored, record.num_scored)
    for nominal, counts in sorted(by_nominal.items()):
        held, scored = counts.sum(axis=0)
        interval = block_bootstrap(counts, _ratio_of_sums, num_samples=num_samples, within=(0, 1))
        yield Coverage(nominal=nominal, share=float(held / scored), interval=interval)


def _ratio_of_sums(counts: Array) -> Array:
    """Of (S, D, 2), the sum of the first over the sum of the second, (S,); NaN where that is 0."""
    above, below = counts[:, :, 0].sum(axis=1), counts[:, :, 1].sum(axis=1)
    ratios: Array = np.divide(above, below, out=np.full(len(above), np.nan), where=below > 0)
    return ratios


def _ratio(mean: Array, spread: Array) -> Array:
    # A spread that is rounding error would make a ratio of 1e8 out of equal returns.
    meaningful = spread > 1e-12
    ratios: Array = np.divide(mean, spread, out=np.full(len(mean), np.nan), where=meaningful)
    return sqrt(_DAYS_PER_YEAR) * ratios


def _finite(value: Array) -> float | None:
    return float(value[0]) if np.isfinite(value[0]) else None

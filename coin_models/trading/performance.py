"""Performance of shadow trading over days: what a trader would ask, each figure with its definition.

Belongs here: figures from day records. Not here: making trades (`shadow`), rows (`repository`), charts (reporting).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from math import sqrt
from typing import Final

import numpy as np

from coin_models.trading.bootstrap import Interval, block_bootstrap
from coin_models.trading.forecasts import Array

_DAYS_PER_YEAR: Final = 365  # crypto markets do not close


@dataclass(frozen=True, slots=True, kw_only=True)
class DayRecord:
    """What one coin's trading came to on one day."""

    coin: str
    day: date
    equity_usd: float  # what positions were sized on
    trade_pnls_usd: tuple[float, ...]  # net of all costs
    turnover_usd: float  # notional of all fills
    exposure: float  # share of the day's candles with a position
    num_scored: int  # forecasts whose outcome is known
    coverage: float | None  # share of those outcomes within the 80 % interval


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
    * coverage: share of outcomes within the 80 % interval, over all forecasts
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
    coverage: float | None
    daily_return_interval: Interval | None
    sharpe_interval: Interval | None
    hit_rate_interval: Interval | None


def measure(records: Sequence[DayRecord], *, bootstrap_samples: int) -> Performance:
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
    pnl, equity, wins, trades = _by_day(records, days)
    returns = pnl / equity
    pnls = np.array([value for record in records for value in record.trade_pnls_usd], dtype=np.float64)
    losses = -pnls[pnls < 0].sum()
    return Performance(
        num_days=len(days),
        num_trades=len(pnls),
        pnl_usd=float(pnl.sum()),
        total_return=float(returns.sum()),
        hit_rate=float((pnls > 0).mean()) if len(pnls) else None,
        profit_factor=float(pnls[pnls > 0].sum() / losses) if losses > 0 else None,
        sharpe=_finite(sharpe_ratio(returns[None])),
        sortino=_finite(sortino_ratio(returns[None])),
        max_drawdown=max_drawdown(returns),
        turnover_per_day=float(sum(r.turnover_usd for r in records) / equity.sum()),
        exposure=float(np.mean([r.exposure for r in records])),
        coverage=_pooled_coverage(records),
        daily_return_interval=block_bootstrap(returns, lambda rows: rows.mean(axis=1), num_samples=bootstrap_samples),
        sharpe_interval=block_bootstrap(returns, sharpe_ratio, num_samples=bootstrap_samples),
        hit_rate_interval=block_bootstrap(
            np.stack([wins, trades], axis=1), _hit_rate_of_days, num_samples=bootstrap_samples
        ),
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


def _by_day(records: Sequence[DayRecord], days: Sequence[date]) -> tuple[Array, Array, Array, Array]:
    index = {day: k for k, day in enumerate(days)}
    pnl, equity, wins, trades = (np.zeros(len(days)) for _ in range(4))
    for record in records:
        k = index[record.day]
        pnl[k] += sum(record.trade_pnls_usd)
        equity[k] += record.equity_usd
        wins[k] += sum(value > 0 for value in record.trade_pnls_usd)
        trades[k] += len(record.trade_pnls_usd)
    return pnl, equity, wins, trades


def _hit_rate_of_days(counts: Array) -> Array:
    wins, trades = counts[:, :, 0].sum(axis=1), counts[:, :, 1].sum(axis=1)
    rates: Array = np.divide(wins, trades, out=np.full(len(wins), np.nan), where=trades > 0)
    return rates


def _pooled_coverage(records: Sequence[DayRecord]) -> float | None:
    known = [(r.coverage, r.num_scored) for r in records if r.coverage is not None and r.num_scored]
    if not known:
        return None
    return sum(coverage * count for coverage, count in known) / sum(count for _, count in known)


def _ratio(mean: Array, spread: Array) -> Array:
    # A spread that is rounding error would make a ratio of 1e8 out of equal returns.
    meaningful = spread > 1e-12
    ratios: Array = np.divide(mean, spread, out=np.full(len(mean), np.nan), where=meaningful)
    return sqrt(_DAYS_PER_YEAR) * ratios


def _finite(value: Array) -> float | None:
    return float(value[0]) if np.isfinite(value[0]) else None

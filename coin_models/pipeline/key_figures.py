"""The report's key figures: the champions' performance in words and numbers, each with its limits.

Their definitions are in trading/performance.py.
"""

from collections.abc import Callable, Iterator, Sequence

from coin_models.reporting.report.daily_report import NUM_TRADES, KeyFigure
from coin_models.reporting.report.numbers import UNKNOWN, percent, signed
from coin_models.settings.levels import interval_label
from coin_models.trading.bootstrap import Interval
from coin_models.trading.performance import Coverage, Performance
from coin_models.trading.volatility_book import VolatilityFigures

Text = Callable[[float], str]

_TOGETHER = "\N{NO-BREAK SPACE}"
_TOO_FEW = "too few days for an interval"


def key_figures(figures: Performance) -> tuple[KeyFigure, ...]:
    """Return, Sharpe, Sortino, hit rate, profit factor, drawdown, coverage; intervals by block bootstrap over days.

    Without a trade there is nothing to measure but coverage, and one figure says so.
    """
    span = f"{figures.num_days} day{'s' if figures.num_days > 1 else ''}"
    if figures.num_trades == 0:
        none = KeyFigure(
            name=NUM_TRADES, label=f"Shadow trades, {span}", value="none", number=0.0,
            explanation="no forecast was further from zero than a trade's costs",
        )  # fmt: skip
        return (none, *_coverage_figures(figures.coverages))
    daily = figures.daily_return_interval
    total = None if daily is None else _times(daily, figures.num_days)
    return (
        _figure("total_return", f"Return, {span}", figures.total_return, total, _percent_signed,
                "P&L after all costs over the equity of each day, summed without compounding"),
        _figure("sharpe", "Sharpe, annual", figures.sharpe, figures.sharpe_interval, _ratio,
                "mean over standard deviation of daily returns, times the root of 365; below 0 it loses"),
        _figure("sortino", "Sortino, annual", figures.sortino, figures.sortino_interval, _ratio,
                "as Sharpe, but only losing days count as risk"),
        _figure("hit_rate", f"Hit rate, {figures.num_trades:,} trades", figures.hit_rate, figures.hit_rate_interval, _percent,
                "share of trades that gained after costs; large losses can hide behind a high one"),
        _figure("profit_factor", "Profit factor", figures.profit_factor, figures.profit_factor_interval, _plain,
                "what winners gained over what losers lost; below 1 it loses"),
        KeyFigure(name="max_drawdown", label="Deepest drawdown", value=_percent(figures.max_drawdown),
                  number=figures.max_drawdown, explanation="largest fall of equity from its highest point, of one day's equity"),
        *_coverage_figures(figures.coverages),
    )  # fmt: skip


def volatility_figures(figures: VolatilityFigures | None) -> tuple[KeyFigure, ...]:
    """Risk against its target, breaches of each tail, turnover and return of the volatility book; none without days."""
    if figures is None:
        return ()
    target = figures.daily_risk
    risk = None if figures.risk_ratio_interval is None else _times(figures.risk_ratio_interval, target)
    return (
        _figure("volatility_risk", f"Volatility book, risk a day (target {percent(target, 2)})", figures.risk_ratio * target,
                risk, _percent_2, "root mean square of a coin's daily return when sized by the forecast's width"),
        _figure("volatility_below", f"Lower tail, {percent(figures.below_nominal, 0)} stated", figures.below,
                figures.below_interval, _percent, "share of hours that ended below the lowest forecast quantile"),
        _figure("volatility_above", f"Upper tail, {percent(figures.above_nominal, 0)} stated", figures.above,
                figures.above_interval, _percent, "share of hours that ended above the highest forecast quantile"),
        KeyFigure(name="volatility_turnover", label="Volatility book, turnover a day", value=_percent(figures.turnover_per_day),
                  number=figures.turnover_per_day, explanation="changes of exposure, as a share of equity"),
    )  # fmt: skip


def _coverage_figures(coverages: Sequence[Coverage]) -> Iterator[KeyFigure]:
    """One figure for each interval that the champions forecast; with several, each has a name of its own."""
    for one in coverages:
        label = interval_label(one.nominal)
        name = "coverage" if len(coverages) == 1 else f"coverage_{round(one.nominal * 100, 1):g}"
        explanation = f"share of outcomes inside the champions' {label} on out-of-sample days"
        yield _figure(name, f"Coverage of the {label}", one.share, one.interval, _percent, explanation)
    if not coverages:
        yield KeyFigure(name="coverage", label="Coverage", value=UNKNOWN, interval="no forecast was scored")


def _figure(
    name: str, label: str, number: float | None, interval: Interval | None, text: Text, explanation: str
) -> KeyFigure:
    interval_text = _TOO_FEW
    if interval is not None:
        ends = f"{text(interval.low)} to {text(interval.high)}".replace(" ", _TOGETHER)
        interval_text = f"{interval.level:.0%} confidence: {ends}"
    return KeyFigure(
        name=name,
        label=label,
        value=UNKNOWN if number is None else text(number),
        interval=interval_text,
        explanation=explanation,
        number=number,
        low=interval.low if interval else None,
        high=interval.high if interval else None,
    )


def _times(interval: Interval, factor: float) -> Interval:
    return Interval(low=interval.low * factor, high=interval.high * factor, level=interval.level)


def _percent(value: float) -> str:
    return percent(value, 1)


def _percent_2(value: float) -> str:
    return percent(value, 2)


def _percent_signed(value: float) -> str:
    return percent(value, 1, sign=True)


def _ratio(value: float) -> str:
    return signed(value, 1)


def _plain(value: float) -> str:
    return f"{value:.2f}"

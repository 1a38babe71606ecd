"""Key figures of the report: words, intervals, bare numbers."""

from collections.abc import Sequence
from datetime import date, timedelta

from coin_models.pipeline.key_figures import key_figures, volatility_figures
from coin_models.reporting.report.daily_report import KeyFigure
from coin_models.reporting.report.numbers import UNKNOWN
from coin_models.trading.performance import TradingDayRecord, measure
from coin_models.trading.volatility_book import VolatilityDay, measure_volatility_book

FIRST = date(2024, 8, 1)


def figures(*days: Sequence[float]) -> dict[str | None, KeyFigure]:
    """Of days with these P&Ls of trades, on an equity of 1,000 USD."""
    records = [
        TradingDayRecord(
            coin="BTC", day=FIRST + timedelta(days=k), equity_usd=1000.0, trade_pnls_usd=tuple(pnls), turnover_usd=1.0,
            exposure=0.1, num_scored=100, coverage=0.75, nominal_coverage=0.8,
        )
        for k, pnls in enumerate(days)
    ]  # fmt: skip
    return {figure.name: figure for figure in key_figures(measure(records, bootstrap_samples=100))}


def test_a_figure_says_its_value_its_span_and_the_bare_number() -> None:
    shown = figures((10.0,), (-30.0,), (20.0, 15.0))

    total = shown["total_return"]  # 1 % - 3 % + 3.5 %
    assert (total.label, total.value) == ("Return, 3 days", "+1.5\N{NO-BREAK SPACE}%")
    assert total.number is not None
    assert abs(total.number - 0.015) < 1e-12
    assert (shown["hit_rate"].label, shown["hit_rate"].value) == ("Hit rate, 4 trades", "75.0\N{NO-BREAK SPACE}%")
    assert shown["profit_factor"].value == "1.50"  # 45 / 30
    assert shown["max_drawdown"].value == "3.0\N{NO-BREAK SPACE}%"


def test_with_few_days_it_says_that_they_are_too_few() -> None:
    sharpe = figures((10.0,), (-5.0,))["sharpe"]

    assert sharpe.interval == "too few days for an interval"
    assert (sharpe.low, sharpe.high) == (None, None)


def test_an_interval_stands_beside_what_a_reader_would_over_read() -> None:
    shown = figures(*[(10.0, -5.0) if k % 2 else (-8.0,) for k in range(12)])

    with_interval = [name for name, figure in shown.items() if (figure.interval or "").startswith("90% confidence: ")]
    assert with_interval == ["total_return", "sharpe", "sortino", "hit_rate", "profit_factor", "coverage"]
    assert all(
        figure.low <= figure.number <= figure.high
        for figure in shown.values()
        if figure.low is not None and figure.number is not None and figure.high is not None
    )


def test_without_a_trade_one_figure_says_so_and_only_coverage_is_measured() -> None:
    shown = figures((), (), ())

    assert list(shown) == ["num_trades", "coverage"]
    assert (shown["num_trades"].label, shown["num_trades"].value) == ("Shadow trades, 3 days", "none")


def test_what_cannot_be_said_is_a_dash() -> None:
    shown = figures((5.0,))

    assert [shown[name].value for name in ("sharpe", "sortino", "profit_factor")] == [UNKNOWN] * 3


def test_the_volatility_book_shows_its_risk_beside_the_target_and_each_tail_beside_what_was_stated() -> None:
    day = VolatilityDay(
        daily_risk=0.02, lower_level=0.1, upper_level=0.9, num_periods=24, periods_per_day=24.0, squared_return=0.000484,
        gross_return=0.003, cost=0.001, turnover=0.5, mean_exposure=0.4, num_below=3, num_above=2,
    )  # fmt: skip
    books = [(FIRST + timedelta(days=k), day) for k in range(10)]

    shown = {figure.name: figure for figure in volatility_figures(measure_volatility_book(books, bootstrap_samples=50))}

    risk = shown["volatility_risk"]
    assert (risk.label, risk.value) == (
        "Volatility book, risk a day (target 2.00\N{NO-BREAK SPACE}%)",
        "2.20\N{NO-BREAK SPACE}%",
    )
    assert (risk.interval or "").startswith("90% confidence: ")
    assert shown["volatility_below"].value == "12.5\N{NO-BREAK SPACE}%"
    assert shown["volatility_above"].number == 2 / 24
    assert volatility_figures(None) == ()

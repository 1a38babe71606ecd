"""Performance figures, calculated manually, and their intervals."""

from dataclasses import replace
from datetime import date, timedelta
from math import sqrt

import numpy as np
import pytest

from coin_models.trading.performance import TradingDayRecord, max_drawdown, measure
from coin_models_tests.trading.builders import DAY


def record(pnls: tuple[float, ...], *, day: date = DAY, coin: str = "BTC", exposure: float = 0.25) -> TradingDayRecord:
    return TradingDayRecord(
        coin=coin, day=day, equity_usd=1000.0, trade_pnls_usd=pnls, turnover_usd=500.0, exposure=exposure,
        num_scored=100, coverage=0.75, nominal_coverage=0.8,
    )  # fmt: skip


def test_four_days_of_trades_give_these_figures() -> None:
    days = [(10.0, 10.0), (-30.0,), (), (20.0, -5.0, 15.0)]
    records = [record(pnls, day=DAY + timedelta(days=k)) for k, pnls in enumerate(days)]

    figures = measure(records, bootstrap_samples=50)

    # Daily returns +2 %, -3 %, 0, +3 %: mean 0.5 %, squares from it 2.25 + 12.25 + 0.25 + 6.25 = 21 (x 1e-4).
    assert figures.pnl_usd == pytest.approx(20.0)
    assert figures.hit_rate == pytest.approx(4 / 6)
    assert figures.profit_factor == pytest.approx(55 / 35)
    assert figures.sharpe == pytest.approx(0.005 / sqrt(21e-4 / 3) * sqrt(365))
    assert figures.sortino == pytest.approx(0.005 / sqrt(9e-4 / 4) * sqrt(365))  # one losing day of four
    assert figures.max_drawdown == pytest.approx(0.03)  # from 1.02 to 0.99
    assert figures.turnover_per_day == pytest.approx(0.5)
    assert (figures.exposure, figures.coverages[0].share) == (0.25, 0.75)


def test_figures_that_need_more_are_left_open() -> None:
    figures = measure([record((5.0,))], bootstrap_samples=50)

    assert figures.sharpe is None  # one day
    assert figures.sortino is None  # no losing day
    assert figures.profit_factor is None  # no losing trade
    assert figures.sharpe_interval is None


def test_coins_share_the_equity_of_a_day() -> None:
    figures = measure([record((30.0,)), record((-10.0,), coin="ETH")], bootstrap_samples=50)

    assert figures.total_return == pytest.approx(20 / 2000)


def test_a_coin_with_two_records_on_a_day_is_refused() -> None:
    with pytest.raises(ValueError, match="two on one day"):
        measure([record((1.0,)), record((2.0,))], bootstrap_samples=50)


def test_a_loss_on_the_first_day_is_a_drawdown() -> None:
    assert max_drawdown(np.array([-0.1, 0.05])) == pytest.approx(0.1)


def test_coverage_is_pooled_for_each_nominal_coverage_alone() -> None:
    narrow = replace(record(()), coverage=0.5, num_scored=100, nominal_coverage=0.8)
    wide = replace(record((), day=DAY + timedelta(days=1)), coverage=0.9, num_scored=300, nominal_coverage=0.9)
    wider = replace(record((), day=DAY + timedelta(days=2)), coverage=0.7, num_scored=100, nominal_coverage=0.9)

    coverages = measure([narrow, wide, wider], bootstrap_samples=10).coverages

    assert [(one.nominal, one.share) for one in coverages] == [(0.8, 0.5), (0.9, 0.85)]  # (270 + 70) / 400


def test_a_day_without_a_scored_forecast_has_no_coverage() -> None:
    unscored = replace(record(()), coverage=None, num_scored=0)

    assert measure([unscored], bootstrap_samples=10).coverages == ()

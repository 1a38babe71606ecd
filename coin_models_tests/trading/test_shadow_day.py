"""One version's day on one coin."""

from datetime import timedelta

import numpy as np
import pytest

from coin_models.features.table import build_features, build_targets
from coin_models.trading.shadow_day import ScoredDay, rows_of_candles, run_day, unconditional_quantiles_before
from coin_models_tests.trading.builders import DAY, trader
from coin_models_tests.trading.shadow_days import HISTORY, MARKET, SETTINGS, SHAPE, Leaning, walk


def test_what_comes_after_the_day_is_not_looked_at() -> None:
    longer = walk(DAY + timedelta(days=2), num_days=10)

    with_future = run_day(trader(), Leaning(), SHAPE, ScoredDay.of(longer, DAY, MARKET), SETTINGS)
    without = run_day(
        trader(), Leaning(), SHAPE, ScoredDay.of(longer.slice_days(longer.days[0], DAY), DAY, MARKET), SETTINGS
    )

    assert with_future == without
    assert without.score.num_forecasts == 288


def test_a_days_figures_are_the_sums_over_its_trades() -> None:
    result = run_day(trader(), Leaning(), SHAPE, ScoredDay.of(HISTORY, DAY, MARKET), SETTINGS)

    assert len(result.trades) > 3
    assert result.pnl_usd == pytest.approx(sum(trade.pnl_usd for trade in result.trades))
    assert result.exposure == pytest.approx(sum(trade.num_candles_held for trade in result.trades) / 288)
    assert result.record().trade_pnls_usd == tuple(trade.pnl_usd for trade in result.trades)
    assert result.out_of_sample().pnl_fraction == pytest.approx(result.pnl_usd / SETTINGS.initial_equity_usd)


def test_a_candle_without_a_whole_window_before_it_has_no_row() -> None:
    table = build_features(HISTORY, MARKET)

    rows = rows_of_candles(table, HISTORY, SHAPE.window)

    # Three days of history and a window of 16 candles come first.
    assert np.flatnonzero(rows >= 0)[0] == 3 * 288 + 15
    assert rows[-1] == len(table) - 1


def test_a_candle_that_the_table_does_not_hold_has_no_row() -> None:
    table = build_features(HISTORY.slice_days(HISTORY.days[0], DAY - timedelta(days=1)), MARKET)

    assert (rows_of_candles(table, HISTORY.slice_days(DAY, DAY), SHAPE.window) == -1).all()


def test_unconditional_quantiles_know_only_returns_that_ended_before_the_day() -> None:
    table = build_features(HISTORY, MARKET)
    targets = build_targets(table, SHAPE.horizon)[: 7 * 288 - SHAPE.horizon]  # seven days come before
    expected = np.quantile(targets[table.usable[: len(targets)]], SHAPE.levels)

    assert unconditional_quantiles_before(table, SHAPE, before=DAY) == pytest.approx(expected)


def test_without_a_usable_day_before_there_are_no_unconditional_quantiles() -> None:
    table = build_features(HISTORY, MARKET)

    assert np.isnan(unconditional_quantiles_before(table, SHAPE, before=HISTORY.days[1])).all()

"""The volatility book: the same risk every day, from the forecast's width alone."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

from coin_models.features.table import FeatureTable, build_features, horizon_volatility
from coin_models.market.candles import Candles
from coin_models.market.timeframe import day_start_ms
from coin_models.trading.costs import TradingCosts
from coin_models.trading.forecasts import Forecasts
from coin_models.trading.volatility_book import (
    VolatilityBookRules,
    VolatilityDay,
    measure_volatility_book,
    period_rows,
    run_volatility_book,
)
from coin_models_tests.trading.builders import DAY, DEAR, FREE, LEVELS
from coin_models_tests.trading.shadow_days import FIVE_MINUTES, MARKET, SHAPE, walk

RULES = VolatilityBookRules(daily_risk=0.01, max_exposure=1.0, rebalance_band=0.0)
LAST = DAY + timedelta(days=27)


def breathing(num_days: int, seed: int = 3) -> Candles:
    """Candles without direction whose volatility moves by a factor of four, by day and by hour."""
    rng = np.random.default_rng(seed)
    num = num_days * 288
    volatility = 0.002 * np.exp(0.7 * np.sin(np.arange(num) / 1500) + 0.4 * np.sin(2 * np.pi * np.arange(num) / 288))
    close = 100 * np.exp(np.cumsum(rng.normal(0, 1, num) * volatility))
    opens = np.concatenate(([100.0], close[:-1]))
    high, low = np.maximum(opens, close) * (1 + volatility / 2), np.minimum(opens, close) * (1 - volatility / 2)
    start = day_start_ms(LAST - timedelta(days=num_days - 1))
    return Candles(
        timeframe=FIVE_MINUTES,
        open_time_ms=start + np.arange(num, dtype=np.int64) * FIVE_MINUTES.ms,
        ohlcv=np.stack([opens, high, low, close, np.ones(num)], axis=1),
    )


def book(
    table: FeatureTable,
    day: date,
    *,
    widen: float = 1.0,
    rules: VolatilityBookRules = RULES,
    costs: TradingCosts = FREE,
) -> VolatilityDay | None:
    periods = period_rows(table, day, horizon=12, window=SHAPE.window, candle_seconds=300)
    scale = np.where(periods.rows >= 0, horizon_volatility(table, 12)[periods.rows], np.nan)
    returns = widen * scale[:, None] * np.array([-1.2816, 0.0, 1.2816])
    return run_volatility_book(
        periods, Forecasts(levels=LEVELS, returns=returns, horizon=12), rules, costs, candle_seconds=300
    )


@pytest.fixture(scope="module")
def month() -> list[tuple[date, VolatilityDay]]:
    candles = breathing(46)
    days = [DAY + timedelta(days=k) for k in range(28)]
    books = [(day, book(build_features(candles.slice_days(candles.days[0], day), MARKET), day)) for day in days]
    return [(day, volatility_day) for day, volatility_day in books if volatility_day is not None]


def test_over_a_month_the_realised_risk_is_the_target_while_volatility_moves_by_a_factor_of_nine(
    month: list[tuple[date, VolatilityDay]],
) -> None:
    figures = measure_volatility_book(month, bootstrap_samples=200)

    assert figures is not None
    assert (figures.num_days, figures.daily_risk) == (28, 0.01)
    assert figures.risk_ratio == pytest.approx(1.0, abs=0.1)
    assert figures.risk_ratio_interval is not None
    assert figures.risk_ratio_interval.low < 1.0 < figures.risk_ratio_interval.high
    exposures = [each.mean_exposure for _, each in month]
    assert max(exposures) > 2.5 * min(exposures)  # what kept the risk level


def test_every_hour_of_the_day_is_held_and_scored(month: list[tuple[date, VolatilityDay]]) -> None:
    assert {each.num_periods for _, each in month} == {24}


def test_a_forecast_that_is_twice_too_wide_changes_no_size_but_breaches_less(
    month: list[tuple[date, VolatilityDay]],
) -> None:
    candles = breathing(46)
    table = build_features(candles.slice_days(candles.days[0], DAY), MARKET)
    right, wide = book(table, DAY), book(table, DAY, widen=2.0)

    assert right is not None
    assert wide is not None
    assert wide.mean_exposure == pytest.approx(right.mean_exposure)
    assert wide.squared_return == pytest.approx(right.squared_return)
    assert wide.num_below + wide.num_above < right.num_below + right.num_above


def test_what_comes_after_the_day_is_not_looked_at() -> None:
    candles = breathing(46)
    until = candles.slice_days(candles.days[0], DAY)

    assert book(build_features(candles, MARKET), DAY) == pytest.approx(book(build_features(until, MARKET), DAY))


def test_days_of_a_walk_join_the_exposure_before_midnight_is_the_last_one_of_the_day_before() -> None:
    candles = walk(DAY, num_days=20)
    table = build_features(candles, MARKET)
    flat = VolatilityBookRules(daily_risk=100.0, max_exposure=0.5, rebalance_band=0.0)  # always the largest position

    volatility_day = book(table, DAY, rules=flat, costs=DEAR)

    assert volatility_day is not None
    assert (volatility_day.turnover, volatility_day.mean_exposure) == (
        0.0,
        0.5,
    )  # nothing is bought or sold at midnight
    assert volatility_day.cost == pytest.approx(0.5 * 24 * 24e-4 / 24)  # funding alone


def test_each_change_of_exposure_pays_fee_and_slippage() -> None:
    candles = walk(DAY, num_days=20)
    table = build_features(candles, MARKET)

    volatility_day = book(table, DAY, costs=DEAR)

    assert volatility_day is not None
    funding = 24e-4 * volatility_day.mean_exposure
    assert volatility_day.turnover > 0
    assert volatility_day.cost == pytest.approx(volatility_day.turnover * 15e-4 + funding, rel=1e-3)


def test_within_the_band_nothing_is_traded_and_the_risk_stays_near_its_target() -> None:
    candles = breathing(46)
    days = [DAY + timedelta(days=k) for k in range(0, 28, 3)]
    tables = {day: build_features(candles.slice_days(candles.days[0], day), MARKET) for day in days}
    results = {}
    for band in (0.0, 0.2):
        rules = replace(RULES, rebalance_band=band)
        books = [
            (day, volatility_day) for day in days if (volatility_day := book(tables[day], day, rules=rules)) is not None
        ]
        results[band] = measure_volatility_book(books, bootstrap_samples=10)

    exact, banded = results[0.0], results[0.2]
    assert exact is not None
    assert banded is not None
    assert banded.turnover_per_day < 0.7 * exact.turnover_per_day
    assert banded.risk_ratio == pytest.approx(exact.risk_ratio, abs=0.05)


def test_with_too_few_days_before_there_is_no_book() -> None:
    assert book(build_features(walk(DAY, num_days=5), MARKET), DAY) is None
    assert measure_volatility_book([], bootstrap_samples=10) is None


def test_hours_without_a_forecast_hold_nothing() -> None:
    candles = walk(DAY, num_days=20)
    keep = np.ones(len(candles), dtype=bool)
    keep[-150:-80] = False  # almost six hours of the day are missing
    holed = Candles(timeframe=FIVE_MINUTES, open_time_ms=candles.open_time_ms[keep], ohlcv=candles.ohlcv[keep])

    volatility_day = book(build_features(holed, MARKET), DAY)

    assert volatility_day is not None
    assert 10 < volatility_day.num_periods < 20

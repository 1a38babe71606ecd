"""The benchmark of coin-months in which nothing can be known: what it takes away, what it leaves, and what it counts."""

from datetime import date

import numpy as np
import pytest

from benchmarks.no_skill import CoinMonth, noise_candles, summarise, without_link
from coin_models.features.table import build_features, build_targets
from coin_models.settings.market import MarketSettings


def test_moved_features_leave_outcomes_and_scale_where_they_were() -> None:
    table = build_features(noise_candles(np.random.default_rng(1), date(2024, 8, 1), 5), MarketSettings())
    rows = np.array([1000, 1100, 1200])

    moved = without_link(table, (rows, rows[::-1]))

    assert np.array_equal(moved.x[rows], table.x[rows[::-1]])
    assert np.array_equal(moved.x[:1000], table.x[:1000])
    assert np.array_equal(moved.volatility, table.volatility)
    assert np.array_equal(build_targets(moved, 12), build_targets(table, 12), equal_nan=True)


def test_white_noise_has_no_gap_between_candles_and_a_constant_volatility() -> None:
    candles = noise_candles(np.random.default_rng(1), date(2024, 8, 1), 20)
    returns = np.diff(np.log(candles.close))

    assert np.array_equal(candles.ohlcv[1:, 0], candles.close[:-1])
    assert returns[:2880].std() == pytest.approx(returns[2880:].std(), rel=0.1)
    assert abs(np.corrcoef(returns[1:], returns[:-1])[0, 1]) < 0.04


def test_champions_are_counted_and_printed_skill_has_its_standard_error() -> None:
    months = [
        CoinMonth(
            over_reference=skill,
            over_unconditional=0.0,
            validation=0.002,
            highest_e_value=e_value,
            is_champion=champion,
        )
        for skill, e_value, champion in ((0.001, 3.0, False), (-0.001, 500.0, True), (0.003, 1.0, False))
    ]

    figures = summarise("shuffled", months)

    assert (figures.months, figures.champions, figures.highest_e_value) == (3, 1, 500.0)
    assert figures.over_reference == pytest.approx(0.001)
    assert figures.error == pytest.approx(0.002 / np.sqrt(3))

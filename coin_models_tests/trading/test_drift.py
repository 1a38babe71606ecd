"""The population stability index, calculated manually, and the week that it covers."""

from dataclasses import replace
from datetime import timedelta
from math import log

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coin_models.features.table import FeatureTable, build_features, feature_names
from coin_models.market.candles import Candles
from coin_models.settings.market import MarketSettings
from coin_models.trading.drift import InputDrift, population_stability
from coin_models_tests.trading.builders import DAY
from coin_models_tests.trading.shadow_days import FIVE_MINUTES, walk

DAYS = 40


@pytest.fixture(scope="module")
def table() -> FeatureTable:
    return build_features(walk(DAY, DAYS), MarketSettings())


def test_half_and_half_that_became_four_fifths_and_one_fifth() -> None:
    reference = np.array([[0.0], [1.0], [2.0], [3.0]])  # the median, 1.5, parts it
    recent = np.array([[1.0]] * 8 + [[2.0]] * 2)

    (index,) = population_stability(reference, recent, num_bins=2)

    # (0.8 - 0.5) ln(0.8 / 0.5) + (0.2 - 0.5) ln(0.2 / 0.5)
    assert index == pytest.approx(0.3 * log(1.6) - 0.3 * log(0.4))


def test_a_bin_that_became_empty_counts_as_rare() -> None:
    reference = np.array([[0.0], [1.0], [2.0], [3.0]])

    (index,) = population_stability(reference, np.zeros((5, 1)), num_bins=2)

    assert index == pytest.approx(0.5 * log(2) + (1e-4 - 0.5) * log(1e-4 / 0.5))


@given(st.lists(st.floats(-5, 5), min_size=10, max_size=60), st.lists(st.floats(-5, 5), min_size=10, max_size=60))
@settings(max_examples=60, deadline=None)
def test_the_index_is_never_negative_and_0_between_equals(reference: list[float], recent: list[float]) -> None:
    before, now = np.array(reference)[:, None], np.array(recent)[:, None]

    assert population_stability(before, now)[0] >= 0
    assert population_stability(before, before)[0] == 0


def test_a_market_that_goes_on_as_before_has_not_drifted(table: FeatureTable) -> None:
    drift = InputDrift.of(table, DAY, FIVE_MINUTES)

    assert drift is not None
    assert drift.index < 0.1


def test_another_kind_of_volume_is_named(table: FeatureTable) -> None:
    x = table.x.copy()
    x[-7 * 288 :, feature_names(FIVE_MINUTES).index("volume")] += 3.0

    drift = InputDrift.of(replace(table, x=x), DAY, FIVE_MINUTES)

    assert drift is not None
    assert drift.feature == "volume"
    assert drift.index > 0.25


def test_candles_after_the_day_are_not_looked_at() -> None:
    history = walk(DAY, DAYS)
    long = build_features(_doubled_in_volume_after(history), MarketSettings())
    first = DAY - timedelta(days=DAYS - 1)
    short = build_features(history.slice_days(first, DAY - timedelta(days=1)), MarketSettings())

    assert InputDrift.of(long, DAY - timedelta(days=1), FIVE_MINUTES) == InputDrift.of(
        short, DAY - timedelta(days=1), FIVE_MINUTES
    )


def test_too_few_days_say_nothing(table: FeatureTable) -> None:
    assert InputDrift.of(table, DAY - timedelta(days=DAYS - 8), FIVE_MINUTES) is None


def _doubled_in_volume_after(candles: Candles) -> Candles:
    """The last day's volume is another."""
    ohlcv = candles.ohlcv.copy()
    ohlcv[-288:, 4] *= 50
    return Candles(timeframe=candles.timeframe, open_time_ms=candles.open_time_ms, ohlcv=ohlcv)

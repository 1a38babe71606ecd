"""The future never changes the past: features, volatility, usability, targets, splits, scaling."""

from datetime import date

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from coin_models.features.scaling import fit_scaling
from coin_models.features.splits import split
from coin_models.features.table import build_features, build_targets
from coin_models.market.candles import Candles
from coin_models.market.timeframe import day_start_ms
from coin_models.settings.market import MarketSettings
from coin_models.settings.training import TrainingSettings
from coin_models_tests.features.strategies import (
    FIVE_MINUTES,
    HOUR,
    MONDAY_MS,
    followed_by,
    gapped_candles,
)

MARKET = MarketSettings(max_fill_minutes=15)
NUM_CANDLES = 1500
HORIZON = 12

histories = gapped_candles(NUM_CANDLES)
moments_ms = st.integers(900, NUM_CANDLES - 60).map(lambda row: MONDAY_MS + row * FIVE_MINUTES.ms)


@settings(max_examples=25, deadline=None)
@given(past=histories, future=histories, now_ms=moments_ms)
def test_altering_the_future_never_changes_a_feature_of_the_past(past: Candles, future: Candles, now_ms: int) -> None:
    original = build_features(past, MARKET)
    altered = build_features(followed_by(past, now_ms, future), MARKET)
    num_rows = int((original.open_time_ms < now_ms).sum())

    assert num_rows >= 900
    for name in ("open_time_ms", "x", "width", "spread", "volatility", "close", "usable", "real"):
        np.testing.assert_array_equal(
            getattr(original, name)[:num_rows], getattr(altered, name)[:num_rows], err_msg=name
        )


@settings(max_examples=25, deadline=None)
@given(past=histories, future=histories, now_ms=moments_ms)
def test_altering_the_future_changes_only_targets_that_reach_into_it(
    past: Candles, future: Candles, now_ms: int
) -> None:
    original = build_features(past, MARKET)
    altered = build_features(followed_by(past, now_ms, future), MARKET)
    num_known = int((original.open_time_ms < now_ms).sum()) - HORIZON
    before, after = build_targets(original, HORIZON), build_targets(altered, HORIZON)

    np.testing.assert_array_equal(before[:num_known], after[:num_known])


@settings(max_examples=20, deadline=None)
@given(past=gapped_candles(60 * 24, HOUR), future=gapped_candles(60 * 24, HOUR))
def test_altering_what_follows_a_day_changes_neither_its_split_nor_its_scaling(past: Candles, future: Candles) -> None:
    day = date(2024, 2, 18)  # the 49th day of the candles, which end on 2024-02-29
    training = TrainingSettings(lookback_days=14, validation_days=3, window_candles=4, horizon_minutes=60 * HORIZON)
    original = build_features(past, MARKET)
    altered = build_features(followed_by(past, day_start_ms(date(2024, 2, 19)), future), MARKET)
    parts, parts_altered = split(original, day, training), split(altered, day, training)
    scaling = fit_scaling(original.x, parts.train_index)
    scaling_altered = fit_scaling(altered.x, parts_altered.train_index)

    np.testing.assert_array_equal(parts.train_index, parts_altered.train_index)
    np.testing.assert_array_equal(parts.validation_index, parts_altered.validation_index)
    np.testing.assert_array_equal(scaling.center, scaling_altered.center)
    np.testing.assert_array_equal(scaling.scale, scaling_altered.scale)

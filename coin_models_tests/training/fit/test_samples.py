"""From candles to the samples of a fit."""

from datetime import date, timedelta

import numpy as np

from coin_models.features.table import build_targets
from coin_models.settings.market import MarketSettings
from coin_models.settings.training import TrainingSettings
from coin_models.training.fit.samples import first_candle_day, samples_of
from coin_models_tests.features.strategies import HOUR, random_candles

TRAINING = TrainingSettings(lookback_days=10, validation_days=3, window_candles=5, horizon_minutes=12 * 60)


def test_candles_are_read_from_three_days_before_the_lookback_on() -> None:
    # The lookback's ten days begin on the 6th; the slowest feature looks back over the 3rd to the 5th.
    assert first_candle_day(date(2024, 1, 15), TRAINING) == date(2024, 1, 3)


def test_features_targets_and_split_are_those_of_the_same_rows() -> None:
    day = date(2024, 1, 13)  # the thirteenth day of the candles, which begin on 2024-01-01
    candles = random_candles(1, 13 * 24, HOUR)

    samples = samples_of(candles, day, TRAINING, MarketSettings())

    assert candles.days[0] == first_candle_day(day, TRAINING)
    assert candles.days[-1] == day
    np.testing.assert_array_equal(samples.targets, build_targets(samples.features, 12))
    # Seven train days of 24 hours, less 4 whose window begins before them and 12 whose target ends after them.
    assert len(samples.split.train_index) == 7 * 24 - 4 - 12
    assert np.isfinite(samples.targets[samples.split.train_index]).all()


def test_what_follows_the_day_is_in_no_sample() -> None:
    day = date(2024, 1, 13)
    longer = random_candles(1, 15 * 24, HOUR)
    shorter = longer.slice_days(longer.days[0], day)

    samples, expected = (samples_of(candles, day, TRAINING, MarketSettings()) for candles in (longer, shorter))

    np.testing.assert_array_equal(samples.split.validation_index, expected.split.validation_index)
    last = samples.features.open_time_ms[samples.split.validation_index[-1]]
    assert last + 13 * HOUR.ms <= longer.open_time_ms[0] + timedelta(days=13) / timedelta(milliseconds=1)

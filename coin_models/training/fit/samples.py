"""Turns a coin's candles into the samples of a fit: which candles are read, their features, targets and split."""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from coin_models.features.feature_sets import NO_FEATURES, OwnFeatures
from coin_models.features.memories import HISTORY_DAYS
from coin_models.features.splits import Split, split
from coin_models.features.table import FeatureTable, build_features, build_targets
from coin_models.market.candles import Candles
from coin_models.settings.market import MarketSettings
from coin_models.settings.training import TrainingSettings


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Samples:
    """What a coin is fitted on."""

    features: FeatureTable
    targets: NDArray[np.float32]  # (T,), nan where unknown
    split: Split


def first_candle_day(day: date, training: TrainingSettings) -> date:
    """The first day of candles that a fit of `day` reads: the lookback, and what the slowest feature needs before it.

    It decides weights: the slow averages start at the first candle that is read.
    """
    return day - timedelta(days=training.lookback_days + HISTORY_DAYS - 1)


def samples_of(
    candles: Candles,
    day: date,
    training: TrainingSettings,
    market: MarketSettings,
    own: OwnFeatures = NO_FEATURES,
) -> Samples:
    """The samples of a coin on a day, from its candles from `first_candle_day` to `day`."""
    table = build_features(candles, market, own)
    return Samples(
        features=table,
        targets=build_targets(table, training.horizon_candles(candles.timeframe.seconds)),
        split=split(table, day, training),
    )

"""The task of a fit, for a coin and for a cohort: values, without torch.

Results are in training/results.py.
"""

from dataclasses import dataclass
from datetime import date
from math import ceil

import numpy as np
from numpy.typing import NDArray

from coin_models.features.splits import Split
from coin_models.features.table import FeatureTable
from coin_models.models.architecture import Architecture, Weights
from coin_models.settings.training import TrainingSettings

_DAY_MS = 86_400_000
_FIVE_MINUTES_PER_DAY = 288


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CoinTask:
    """One coin to fit."""

    coin: str
    features: FeatureTable
    targets: NDArray[np.float32]  # (T,), nan where unknown
    split: Split
    fingerprint: str
    parent: Weights | None = None  # all tensors of the version that the fit starts from

    def __post_init__(self) -> None:
        if len(self.targets) != len(self.features):
            raise ValueError(f"{self.coin}: {len(self.targets)} targets for {len(self.features)} rows of features")
        if not np.isfinite(self.features.x).all():
            raise ValueError(f"{self.coin}: features that are not finite")
        for name, index in (("train", self.split.train_index), ("validation", self.split.validation_index)):
            if len(index) == 0:
                raise ValueError(f"{self.coin}: no {name} samples; the coin should have been ruled out before")
            if not np.isfinite(self.targets[index]).all():
                raise ValueError(f"{self.coin}: {name} samples with an unknown target")

    @property
    def candles_per_day(self) -> int:
        """Rows of the table per day."""
        return _DAY_MS // int(self.features.open_time_ms[1] - self.features.open_time_ms[0])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CohortTask:
    """Coins that are fitted together: all from their parents, or all full retrains, and with the same candles per day."""

    day: date
    coins: tuple[CoinTask, ...]
    training: TrainingSettings
    architecture: Architecture

    def __post_init__(self) -> None:
        if not self.coins:
            raise ValueError("a cohort needs at least one coin")
        if len({coin.coin for coin in self.coins}) != len(self.coins):
            raise ValueError(f"cohort names a coin twice: {', '.join(coin.coin for coin in self.coins)}")
        if len({coin.parent is None for coin in self.coins}) != 1:
            raise ValueError("a cohort mixes coins with and without a parent; their schedules differ")
        if len({coin.candles_per_day for coin in self.coins}) != 1:
            raise ValueError("a cohort mixes timeframes")

    @property
    def is_incremental(self) -> bool:
        """Whether the coins start from their parents' weights."""
        return self.coins[0].parent is not None

    @property
    def num_epochs(self) -> int:
        """Epochs of this fit."""
        return self.training.incremental_epochs if self.is_incremental else self.training.epochs

    @property
    def peak_learning_rate(self) -> float:
        """Highest learning rate of the one-cycle schedule."""
        return self.training.incremental_learning_rate if self.is_incremental else self.training.learning_rate

    @property
    def batch_size(self) -> int:
        """Samples per coin and step: as many as span the time of `training.batch_size` candles of five minutes.

        Neighbouring samples share most of their future: 43 of an hour know as much as 512 of five minutes (ADR 0088).
        """
        return max(1, round(self.training.batch_size * self.coins[0].candles_per_day / _FIVE_MINUTES_PER_DAY))

    @property
    def steps_per_epoch(self) -> int:
        """Steps of an epoch, from the settings alone: a coin with fewer samples goes through them more often (ADR 0021)."""
        days = self.training.lookback_days - self.training.validation_days
        return ceil(days * self.coins[0].candles_per_day / self.batch_size)

    @property
    def num_steps(self) -> int:
        """Steps of the whole fit."""
        return self.num_epochs * self.steps_per_epoch

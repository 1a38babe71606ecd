"""The results and the progress of a fit: values, without torch."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from coin_models.errors import FitDiverged
from coin_models.features.scaling import FeatureScaling
from coin_models.models.architecture import Weights


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FittedCoin:
    """One coin's result: the weights of its best epoch and how good they are."""

    weights: Weights
    scaling: FeatureScaling
    best_epoch: int  # 0: the parent, before the first step
    metrics: Mapping[str, Mapping[str, float]]  # by split, then by name
    loss_curve: Mapping[
        str, tuple[float, ...]
    ]  # "train" and "validation": mean pinball loss per epoch, the first is epoch 1
    horizons: Mapping[int, Mapping[str, float]] = field(default_factory=dict)
    """Further horizons in minutes, each with its validation metrics."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FitCounters:
    """What a fit did in this process, and how long it took."""

    steps_total: int  # of the whole fit
    steps_done_here: int
    steps_redone: int  # of those, done before by a process that was killed on this machine
    resumed_from_step: int | None
    fit_seconds: float  # from the call to the result
    checkpoint_seconds: float  # of those, training stood still to save
    samples_per_second: float  # coin-samples
    num_threads: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CohortResult:
    """What a fit gives back: the fitted coins, those that could not be, and the counters."""

    coins: Mapping[str, FittedCoin]
    failures: Mapping[str, FitDiverged]
    counters: FitCounters
    arithmetic: tuple[str, ...] = ()  # under which it was fitted; more than one: resumed under each of the further


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Where a fit is, for people."""

    day: date  # the trading day of the models; a parent's own day
    coins: tuple[str, ...]
    epoch: int  # from 1
    epochs: int
    step: int
    steps: int
    samples_per_second: float
    eta_seconds: float
    phase: str  # "train", "validate" before it, "validated" after it, "save"

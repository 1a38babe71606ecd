"""Settings of the fit: window, network, optimiser, incremental training, hardware."""

import re
from collections.abc import Iterator
from typing import Literal

from pydantic import Field, PositiveInt

from coin_models.settings.base import SettingsGroup


def _days_problems(settings: "TrainingSettings") -> Iterator[str]:
    held_out, lookback = settings.validation_days, settings.lookback_days
    if held_out >= lookback:
        yield f"validation_days ({held_out}) must be less than lookback_days ({lookback})"


def _quantiles_problems(settings: "TrainingSettings") -> Iterator[str]:
    quantiles = settings.quantiles
    if list(quantiles) != sorted(set(quantiles)) or not all(0 < q < 1 for q in quantiles):
        yield f"quantiles {quantiles} must be ascending, distinct and between 0 and 1"
    elif 0.5 not in quantiles or len(quantiles) < 3:
        yield f"quantiles {quantiles} must hold 0.5 and one on either side"


def _members_problems(settings: "TrainingSettings") -> Iterator[str]:
    names = [text.partition(":")[0] for text in settings.members]
    if not all(map(_MEMBER.fullmatch, settings.members)) or len(set(names)) < len(names):
        yield f"members {', '.join(settings.members)} must be NAME:SHARE, each name once, such as lightgbm:0.4"
    elif sum(share for _, share in settings.member_shares) >= 1:
        yield "members: their shares must add up to less than 1, the rest is that of network and reference"


def _horizons_problems(settings: "TrainingSettings") -> Iterator[str]:
    more, limit = settings.more_horizons_minutes, settings.validation_days * 1440 // 2
    if list(more) != sorted(set(more)) or settings.horizon_minutes in more:
        yield f"more_horizons_minutes {more} must ascend and be other than horizon_minutes ({settings.horizon_minutes})"
    elif more and max(more) > limit:
        yield f"more_horizons_minutes: {max(more)} is more than half of validation_days, {limit} minutes"
    elif more and settings.network_share == 1:
        yield "more_horizons_minutes need a reference: lower network_share below 1"


def _features_problems(settings: "TrainingSettings") -> Iterator[str]:
    if not all(map(_FEATURE_SET.fullmatch, settings.features)) or len(set(settings.features)) < len(settings.features):
        yield f"features {', '.join(settings.features)} must be names of feature sets, each once, such as funding"


_FEATURE_SET = re.compile(r"[a-z][a-z0-9_-]*")
_MEMBER = re.compile(r"[a-z][a-z0-9_-]*:0\.\d+")

_LATER = frozenset({"features", "more_horizons_minutes"})

HARDWARE = frozenset({"cohort_size", "num_threads", "accelerator"})
"""The fields that decide how fast a fit is, and none of its weights."""


class TrainingSettings(SettingsGroup):
    """`COIN_MODELS_TRAINING_*`: what decides a model, and (marked *hardware*) what only decides how fast."""

    lookback_days: PositiveInt = 90
    """Days of candles a model is fitted on, ending with the trading day, validation included."""
    validation_days: PositiveInt = 7
    """Last days of the lookback, held out (purged by the horizon) to choose each coin's best epoch."""
    horizon_minutes: PositiveInt = 60
    """Minutes ahead that the forecast return spans, a whole number of candles."""
    more_horizons_minutes: tuple[PositiveInt, ...] = ()
    """Further horizons that each version also forecasts, in minutes, comma-separated, such as 15,240,1440 (ADR 0123); the main
    one alone is traded and decides about champions."""
    window_candles: PositiveInt = 1
    """Rows of features the network sees at once; one is enough, as the features are averages of several memories (ADR 0011)."""
    quantiles: tuple[float, ...] = (0.1, 0.5, 0.9)
    """Quantiles of the return that are forecast, ascending."""
    width: PositiveInt = 128
    """Width of the residual blocks."""
    num_blocks: PositiveInt = 2
    """Number of residual blocks."""
    dropout: float = Field(default=0.5, ge=0, lt=1)
    """Dropout rate in each block."""
    network_share: float = Field(default=0.33, ge=0, le=1)
    """The network's share in the mean of its quantiles and the reference's, where the validation days do not clearly favour
    another; 1 leaves the reference out (ADR 0112)."""
    members: tuple[str, ...] = ("lightgbm:0.5",)
    """Further families in the mean, NAME:SHARE, comma-separated: `lightgbm`, or one that an installed package offers (ADR 0145);
    network and reference have the rest; []: none. A warm start keeps its parent's."""
    features: tuple[str, ...] = ()
    """Feature sets of installed packages, comma-separated: columns of your own beside the product's (docs/use-a-model.md)."""
    batch_size: PositiveInt = 512
    """Samples of 5 minutes per coin and step; at another timeframe as many as span the same time, so that the steps stay."""
    learning_rate: float = Field(default=2e-4, gt=0)
    """Peak learning rate of the one-cycle schedule (AdamW)."""
    weight_decay: float = Field(default=0.03, ge=0)
    """Decoupled weight decay (AdamW)."""
    epochs: PositiveInt = 4
    """Epochs of a full retrain."""
    incremental_epochs: PositiveInt = 1
    """Epochs of a fit that starts from the parent's weights."""
    incremental_learning_rate: float = Field(default=5e-5, gt=0)
    """Peak learning rate of a fit that starts from the parent's weights."""
    full_retrain_every_days: PositiveInt = 7
    """Days from one full retrain to the next; the fits between start from the parent's weights."""
    seed: int = 7
    """Seed from which, with coin and day, initial weights, data order and dropout derive."""
    cohort_size: int = Field(default=0, ge=0)
    """*Hardware.* Coins fitted together; 0 chooses from the machine."""
    num_threads: int = Field(default=0, ge=0)
    """*Hardware.* CPU threads of the fit; 0 chooses from the machine."""
    accelerator: Literal["auto", "cpu", "cuda"] = "auto"
    """*Hardware.* Where to fit."""
    precision: Literal["float32", "tf32", "bf16"] = "float32"
    """Arithmetic of the fit; the faster two are used only if set."""

    rules = (_days_problems, _quantiles_problems, _members_problems, _features_problems, _horizons_problems)

    def deciding(self) -> dict[str, object]:
        """The settings that decide a model's weights, as JSON: all but `HARDWARE`.

        What came later and is empty is left out, as versions before it wrote them: an upgrade is not another setting.
        """
        deciding = self.model_dump(mode="json", exclude=set(HARDWARE))
        return {name: value for name, value in deciding.items() if value or name not in _LATER}

    @property
    def member_shares(self) -> tuple[tuple[str, float], ...]:
        """The further families with their shares."""
        parts = (text.partition(":") for text in self.members)
        return tuple((name, float(share)) for name, _, share in parts)

    @property
    def member_names(self) -> tuple[str, ...]:
        """The further families."""
        return tuple(name for name, _ in self.member_shares)

    @property
    def plugins(self) -> tuple[tuple[str, str], ...]:
        """What not every fit has: kind, `family`, `features` or `part` of the product, and name."""
        more = (("part", "horizons"),) if self.more_horizons_minutes else ()
        return (
            *(("family", name) for name in self.member_names),
            *(("features", name) for name in self.features),
            *more,
        )

    def horizon_candles(self, candle_seconds: int) -> int:
        """Candles of this length that the horizon spans."""
        return self.horizon_minutes * 60 // candle_seconds

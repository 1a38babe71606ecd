"""Settings of the fit: window, network, optimiser, incremental training, hardware."""

from typing import Literal, Self

from pydantic import Field, PositiveInt, model_validator

from coin_models.settings.base import SettingsGroup


class TrainingSettings(SettingsGroup):
    """`COIN_MODELS_TRAINING_*`: what decides a model, and (marked *hardware*) what only decides how fast."""

    lookback_days: PositiveInt = 90
    """Days of candles a model is fitted on, ending with the trading day, validation included."""
    validation_days: PositiveInt = 7
    """Last days of the lookback, held out (purged by the horizon) to choose each coin's best epoch."""
    horizon_candles: PositiveInt = 12
    """Candles ahead that the forecast return spans (12 candles of 5 minutes are one hour)."""
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
    batch_size: PositiveInt = 512
    """Samples per coin and step."""
    learning_rate: float = Field(default=2e-4, gt=0)
    """Peak learning rate of the one-cycle schedule (AdamW)."""
    weight_decay: float = Field(default=0.03, ge=0)
    """Decoupled weight decay (AdamW)."""
    epochs: PositiveInt = 4
    """Epochs of a cold fit."""
    incremental_epochs: PositiveInt = 2
    """Epochs of a fit that starts from the parent's weights."""
    incremental_learning_rate: float = Field(default=1e-4, gt=0)
    """Peak learning rate of a fit that starts from the parent's weights."""
    cold_every_days: PositiveInt = 28
    """Days after which a chain of incremental fits is broken by a cold one."""
    seed: int = 7
    """Seed from which, with coin and day, initial weights, data order and dropout derive."""
    cohort_size: int = Field(default=0, ge=0)
    """*Hardware.* Coins fitted together; 0 chooses from the machine."""
    num_threads: int = Field(default=0, ge=0)
    """*Hardware.* CPU threads of the fit; 0 chooses from the machine."""
    accelerator: Literal["auto", "cpu", "cuda"] = "auto"
    """*Hardware.* Where to fit."""
    precision: Literal["float32", "tf32", "bf16"] = "float32"
    """*Hardware.* Arithmetic of the fit; the faster two only where asked for. Part of the fingerprint."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        problems = []
        if self.validation_days >= self.lookback_days:
            problems.append(
                f"validation_days ({self.validation_days}) must be less than lookback_days ({self.lookback_days})"
            )
        if list(self.quantiles) != sorted(set(self.quantiles)) or not all(0 < q < 1 for q in self.quantiles):
            problems.append(f"quantiles {self.quantiles} must be ascending, distinct and between 0 and 1")
        elif 0.5 not in self.quantiles or len(self.quantiles) < 3:
            problems.append(f"quantiles {self.quantiles} must hold 0.5 and one on either side")
        if problems:
            raise ValueError("; ".join(problems))
        return self

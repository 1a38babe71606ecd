"""The network of one coin: names and shapes of its inputs, outputs and parameters, shared by torch fit and numpy
forecast.

The arithmetic is in `training/fit/network.py` (torch) and `forward_pass.py` (numpy).
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from math import prod
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from coin_models.market.timeframe import parse_timeframe
from coin_models.settings.levels import ForecastInterval
from coin_models.settings.training import TrainingSettings

Weights = Mapping[str, NDArray[np.float32]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Architecture:
    """What two models must share for one to start from the other: inputs, outputs, and every parameter's shape."""

    feature_names: tuple[str, ...]
    timeframe: str
    horizon: int  # candles ahead
    window: int  # candles back
    width: int
    num_blocks: int
    quantiles: tuple[float, ...]
    median_gain: float = 0.3

    def __post_init__(self) -> None:
        if not self.feature_names or min(self.window, self.width, self.horizon) < 1 or self.num_blocks < 0:
            raise ValueError(f"an architecture needs features and positive sizes: {self}")
        if list(self.quantiles) != sorted(set(self.quantiles)) or 0.5 not in self.quantiles:
            raise ValueError(f"quantiles {self.quantiles} must ascend and hold 0.5")

    @classmethod
    def of(cls, training: TrainingSettings, *, timeframe: str, feature_names: Sequence[str]) -> Self:
        """The architecture that the settings request."""
        return cls(
            feature_names=tuple(feature_names),
            timeframe=timeframe,
            horizon=training.horizon_candles(parse_timeframe(timeframe).seconds),
            window=training.window_candles,
            width=training.width,
            num_blocks=training.num_blocks,
            quantiles=training.quantiles,
        )

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Self:
        """Reads what `to_json` wrote; TypeError or ValueError when it is something else."""
        names, quantiles = tuple(content["feature_names"]), tuple(content["quantiles"])
        return cls(**{**content, "feature_names": names, "quantiles": quantiles})

    def to_json(self) -> dict[str, Any]:
        """The fields, as JSON can hold them."""
        return {**asdict(self), "feature_names": list(self.feature_names), "quantiles": list(self.quantiles)}

    @property
    def num_features(self) -> int:
        """Features per candle."""
        return len(self.feature_names)

    @property
    def num_inputs(self) -> int:
        """Numbers that the first layer reads: window times features."""
        return self.window * self.num_features

    @property
    def median(self) -> int:
        """Index of the median among the quantiles."""
        return self.quantiles.index(0.5)

    @property
    def interval(self) -> ForecastInterval:
        """The interval between the outermost quantiles: 0.1 and 0.9 enclose the 80% interval."""
        return ForecastInterval.of(self.quantiles)

    @property
    def num_parameters(self) -> int:
        """Trained numbers of one coin's network."""
        return sum(map(prod, self.parameter_shapes().values()))

    @property
    def digest(self) -> str:
        """SHA-256, hexadecimal, of all of it."""
        return hashlib.sha256(json.dumps(self.to_json(), sort_keys=True).encode()).hexdigest()

    def parameter_shapes(self) -> dict[str, tuple[int, ...]]:
        """Shape of every parameter by name, in the order of the layers; matrices are (from, to)."""
        shapes: dict[str, tuple[int, ...]] = {
            "input.weight": (self.num_inputs, self.width),
            "input.bias": (self.width,),
        }
        for i in range(self.num_blocks):
            shapes[f"blocks.{i}.inner.weight"] = (self.width, self.width)
            shapes[f"blocks.{i}.inner.bias"] = (self.width,)
            shapes[f"blocks.{i}.outer.weight"] = (self.width, self.width)
        shapes["head.weight"] = (self.width, len(self.quantiles))
        shapes["head.bias"] = (len(self.quantiles),)
        return shapes

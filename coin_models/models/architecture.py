"""The network of one coin: names and shapes of its inputs, outputs and parameters, shared by torch fit and numpy
forecast.

The arithmetic is in `training/fit/network.py` (torch) and `models/network.py` (numpy).
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from math import prod
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from coin_models.features.feature_sets import column_names
from coin_models.features.table import feature_names as feature_names_of
from coin_models.features.table import width_feature_names
from coin_models.market.timeframe import Timeframe
from coin_models.models import reference
from coin_models.settings.levels import ForecastInterval
from coin_models.settings.training import TrainingSettings

Weights = Mapping[str, NDArray[np.float32]]

NETWORK_SHARE = "mean.network_share"
"""The tensor (1,) that holds the network's share in the mean of network and reference."""

FURTHER_SHARE = "mean.further_share"
"""The tensor (1,) that holds the part of the further members' shares that they have: all, half or none of them."""


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
    width_names: tuple[str, ...] = ()  # what the reference reads beside the features
    network_share: float = 1.0  # in the mean, the reference has the rest; a fit may find another; 1: no reference
    members: tuple[
        tuple[str, float], ...
    ] = ()  # further families and their shares; network and reference have the rest
    feature_sets: tuple[tuple[str, str], ...] = ()  # whose columns are last of the features; digest of the code of each

    def __post_init__(self) -> None:
        if not self.feature_names or min(self.window, self.width, self.horizon) < 1 or self.num_blocks < 0:
            raise ValueError(f"an architecture needs features and positive sizes: {self}")
        if not 0 <= self.network_share <= 1:
            raise ValueError(f"network_share {self.network_share} must lie between 0 and 1")
        if list(self.quantiles) != sorted(set(self.quantiles)) or 0.5 not in self.quantiles:
            raise ValueError(f"quantiles {self.quantiles} must ascend and hold 0.5")

    @classmethod
    def of(
        cls,
        training: TrainingSettings,
        *,
        timeframe: Timeframe,
        feature_names: Sequence[str] | None = None,
        width_names: Sequence[str] | None = None,
        feature_sets: Mapping[str, str] | None = None,
    ) -> Self:
        """The architecture that the settings request; other inputs than the timeframe's own where they are named.

        Args:
            training: the settings.
            timeframe: of the candles.
            feature_names, width_names: instead of the timeframe's own.
            feature_sets: name -> digest of the code of each, as `registry.fingerprint.feature_set_digests`.
        """
        features = feature_names_of(timeframe) if feature_names is None else feature_names
        widths = width_feature_names(timeframe) if width_names is None else width_names
        return cls(
            feature_names=(*features, *column_names(tuple(feature_sets or ()))),
            timeframe=timeframe.name,
            horizon=training.horizon_candles(timeframe.seconds),
            window=training.window_candles,
            width=training.width,
            num_blocks=training.num_blocks,
            quantiles=training.quantiles,
            width_names=tuple(widths) if training.network_share < 1 else (),
            network_share=training.network_share,
            members=training.member_shares,
            feature_sets=tuple((feature_sets or {}).items()),
        )

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Self:
        """Reads what `to_json` wrote; TypeError or ValueError when it is something else."""
        tuples = {name: tuple(content.get(name, ())) for name in ("feature_names", "quantiles", "width_names")}
        members = tuple((str(name), float(share)) for name, share in content.get("members", ()))
        feature_sets = tuple((str(name), str(digest)) for name, digest in content.get("feature_sets", ()))
        return cls(**{**content, **tuples, "members": members, "feature_sets": feature_sets})

    def to_json(self) -> dict[str, Any]:
        """The fields, as JSON can hold them; without feature sets as versions before them wrote it, of the same digest."""
        content = {
            **asdict(self),
            "feature_names": list(self.feature_names),
            "quantiles": list(self.quantiles),
            "width_names": list(self.width_names),
            "members": [list(member) for member in self.members],
            "feature_sets": [list(one) for one in self.feature_sets],
        }
        if not self.feature_sets:
            del content["feature_sets"]
        return content

    @property
    def num_features(self) -> int:
        """Features per candle."""
        return len(self.feature_names)

    @property
    def own_names(self) -> tuple[str, ...]:
        """The columns of feature sets: the last of the features."""
        return tuple(name for name in self.feature_names if name.partition(".")[0] in dict(self.feature_sets))

    @property
    def plugins(self) -> tuple[tuple[str, str], ...]:
        """As `TrainingSettings.plugins`."""
        features = (("features", name) for name, _ in self.feature_sets)
        return (*(("family", name) for name, _ in self.members), *features)

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
    def has_reference(self) -> bool:
        """Whether a reference is a member of the forecast."""
        return self.network_share < 1

    @property
    def num_parameters(self) -> int:
        """Trained numbers of one coin's network."""
        return sum(map(prod, self.parameter_shapes().values()))

    @property
    def digest(self) -> str:
        """SHA-256, hexadecimal, of all of it."""
        return hashlib.sha256(json.dumps(self.to_json(), sort_keys=True).encode()).hexdigest()

    def tensor_shapes(self) -> dict[str, tuple[int, ...]]:
        """Shape of each tensor of a version by name: the network's parameters, the reference's, the shares.

        Further members hold tensors of shapes of their own.
        """
        shapes = self.parameter_shapes()
        if self.has_reference:
            num_inputs = self.num_features + len(self.width_names)
            shapes |= {**reference.tensor_shapes(num_inputs, len(self.quantiles)), NETWORK_SHARE: (1,)}
        if self.members:
            shapes[FURTHER_SHARE] = (1,)
        return shapes

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

"""Families of forecasts beside network and reference: one protocol, found by entry point.

A family is fitted coin by coin when the network is finished, on the same samples. It is quick enough to need no checkpoint: a
fit that was interrupted starts again. A package offers one by an entry point, and the settings name it with its share:

```toml
[project.entry-points."coin_models.families"]
momentum = "my_package.momentum:Momentum"
```

```
COIN_MODELS_TRAINING_MEMBERS=momentum:0.2
```

The class is called without arguments. It must give the same tensors for the same samples, on any number of threads; two fits
of one coin-day are compared byte by byte.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from coin_models.features.table import FeatureTable
from coin_models.plugins import PluginGroup

Array = NDArray[np.float64]
Tensors = Mapping[str, NDArray[np.float32]]

GROUP: Final = PluginGroup(group="coin_models.families", kind="family of forecasts", setting="training.members")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Samples:
    """What a family is fitted on: rows of one coin whose outcome is known."""

    table: FeatureTable  # T rows, up to the end of the horizon of the last of `rows`
    targets: NDArray[np.float32]  # (T,) log return over the horizon, in units of the horizon's volatility
    rows: NDArray[np.int64]  # (N,) ascending
    horizon: int  # candles ahead
    levels: Sequence[float]  # of the quantiles, ascending
    seed: int


class Family(Protocol):
    """A way to forecast a coin's next horizon."""

    distributions: Sequence[str]
    """Installed packages whose version decides the fit: part of every fingerprint."""

    def fit(self, samples: Samples) -> Tensors:
        """The fitted state: finite float32 arrays by name, of whatever shapes; stored with the version."""
        ...

    def scaled_quantiles(self, tensors: Tensors, table: FeatureTable, rows: NDArray[np.int64]) -> Array:
        """Quantiles (N, Q) of the return over the horizon after each row, ascending, in units of the horizon's volatility.

        In numpy alone, and from each row's past alone.
        """
        ...


@cache
def family(name: str) -> Family:
    """The family of that name.

    Raises:
        UsageError: no installed package offers it, or what it offers cannot be loaded.
    """
    offered: Family = GROUP.load(name)
    return offered


def tensors_of(name: str, weights: Tensors) -> Tensors:
    """A member's tensors among a version's, by the names that its family gave them."""
    prefix = _prefix(name)
    return {key.removeprefix(prefix): array for key, array in weights.items() if key.startswith(prefix)}


def named_tensors(name: str, tensors: Tensors) -> Tensors:
    """A member's tensors under the names that they have in a version."""
    return {_prefix(name) + key: array for key, array in tensors.items()}


def foreign_tensors(names: Collection[str], weights: Tensors) -> Tensors:
    """A version's tensors that belong to none of these members."""
    prefixes = tuple(map(_prefix, names))
    return {key: array for key, array in weights.items() if not key.startswith(prefixes)}


def _prefix(name: str) -> str:
    return f"members.{name}."

"""The reference: a ridge regression of the next horizon's mean range, in closed form (HAR, Corsi 2009; Parkinson 1980).

It knows the width of the next hour and nothing of its direction: quantiles are empirical ones of past returns over the
forecast width, times the width that is forecast now. Every version holds one, fitted on the same days as its network.
On ten liquid coins and ten origins it forecasts better than the network at a hundredth of the time (docs/adr/0112).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from coin_models.features.table import FeatureTable

Array = NDArray[np.float64]
Tensors = Mapping[str, NDArray[np.float32]]

_PREFIX: Final = "reference."
_RIDGE: Final = 1e-3  # penalty per sample on standardised inputs; 1e-4 to 1e-2 give the same skill
_WIDTH_FLOOR: Final = 1e-5  # a horizon without movement says no more than one of a tick
INPUT_LIMIT: Final = 8.0  # deviations: one wick must not steer a forecast


def tensor_shapes(num_inputs: int, num_quantiles: int) -> dict[str, tuple[int, ...]]:
    """Shape of every tensor of a reference, by name."""
    shapes: dict[str, tuple[int, ...]] = dict.fromkeys(("center", "scale", "coefficients"), (num_inputs,))
    shapes |= {"intercept": (1,), "quantiles": (num_quantiles,)}
    return {_PREFIX + name: shape for name, shape in shapes.items()}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reference:
    """A fitted reference; I inputs (features, then width columns), Q quantile levels."""

    center: NDArray[np.float32]  # (I,)
    scale: NDArray[np.float32]  # (I,), positive
    coefficients: NDArray[np.float32]  # (I,), on standardised inputs
    intercept: NDArray[np.float32]  # (1,), of the log width over the volatility
    quantiles: NDArray[np.float32]  # (Q,), of past scaled returns over their forecast width

    @classmethod
    def of_tensors(cls, tensors: Tensors) -> Self:
        """The reference among a version's tensors."""
        return cls(**{name: tensors[_PREFIX + name] for name in cls.__slots__})

    def tensors(self) -> dict[str, NDArray[np.float32]]:
        """Its tensors by name, as `tensor_shapes` says."""
        return {_PREFIX + name: getattr(self, name) for name in self.__slots__}

    def scaled_quantiles(self, table: FeatureTable, rows: NDArray[np.int64]) -> Array:
        """Quantiles (N, Q) of the return over the horizon after each row, in units of the horizon's volatility."""
        return self._width(reference_inputs(table, rows))[:, np.newaxis] * self.quantiles.astype(np.float64)

    def _width(self, inputs_NI: Array) -> Array:  # noqa: N803 - tensor shapes are suffixes
        standardised = np.clip((inputs_NI - self.center) / self.scale, -INPUT_LIMIT, INPUT_LIMIT)
        return np.exp(standardised @ self.coefficients.astype(np.float64) + float(self.intercept[0]))


def fit_reference(
    table: FeatureTable,
    targets: NDArray[np.float32],
    rows: NDArray[np.int64],
    *,
    horizon: int,
    levels: Sequence[float],
) -> Reference:
    """Fits the reference on these rows.

    Args:
        table: features up to the end of the horizon of the last row, T rows.
        targets: (T,) scaled returns over the horizon.
        rows: (N,) rows whose target is known.
        horizon: candles ahead.
        levels: of the quantiles, ascending.
    """
    inputs_NI = reference_inputs(table, rows)
    deviation = inputs_NI.std(axis=0)
    center, scale = inputs_NI.mean(axis=0), np.where(deviation > 1e-6, deviation, 1.0)
    z_NI = np.clip((inputs_NI - center) / scale, -INPUT_LIMIT, INPUT_LIMIT)
    log_width = log_width_ahead(table, rows, horizon)
    intercept = log_width.mean()
    # einsum, not BLAS: its sums do not depend on the number of threads.
    gram_II = np.einsum("ni,nj->ij", z_NI, z_NI, optimize=False)
    moment_I = np.einsum("ni,n->i", z_NI, log_width - intercept, optimize=False)
    coefficients = np.linalg.solve(gram_II + _RIDGE * len(rows) * np.eye(len(gram_II)), moment_I)
    fitted = Reference(
        center=center.astype(np.float32),
        scale=scale.astype(np.float32),
        coefficients=coefficients.astype(np.float32),
        intercept=np.array([intercept], dtype=np.float32),
        quantiles=np.zeros(len(levels), dtype=np.float32),
    )
    over_width = targets[rows].astype(np.float64) / fitted._width(inputs_NI)
    quantiles = np.quantile(over_width, levels).astype(np.float32)
    return Reference(**{**{name: getattr(fitted, name) for name in Reference.__slots__}, "quantiles": quantiles})


def reference_inputs(table: FeatureTable, rows: NDArray[np.int64]) -> Array:
    """What the reference reads at each of these rows, (N, I): features, then width columns."""
    return np.concatenate([table.x[rows], table.width[rows]], axis=1).astype(np.float64)


def log_width_ahead(table: FeatureTable, rows: NDArray[np.int64], horizon: int) -> Array:
    """What the reference forecasts at each of these rows, (N,): the log of the horizon's mean range over the volatility."""
    return np.asarray(np.log(_mean_range_ahead(table, horizon)[rows] / table.volatility[rows]))


def _mean_range_ahead(table: FeatureTable, horizon: int) -> Array:
    """Mean of `spread` over the `horizon` candles after each row, (T,); of those that are there near the end."""
    total = np.concatenate([[0.0], np.cumsum(table.spread)])
    last = np.minimum(np.arange(len(table)) + horizon, len(table) - 1) + 1
    first = np.minimum(np.arange(len(table)) + 1, len(table) - 1)
    mean: Array = (total[last] - total[first]) / np.maximum(last - first, 1)
    return np.maximum(mean, _WIDTH_FLOOR)

"""Standardises features with the mean and standard deviation of the fitted rows.

Scaling by volatility is causal and part of the features (table.py).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

CLIP = 5.0
"""Standardised features are held within this many deviations: one wick must not steer a model."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FeatureScaling:
    """Centre and scale of each feature, (F,) float32; part of a model version."""

    center: NDArray[np.float32]
    scale: NDArray[np.float32]

    def __post_init__(self) -> None:
        if self.center.shape != self.scale.shape or self.center.ndim != 1:
            raise ValueError(f"centre {self.center.shape} and scale {self.scale.shape} must both be (F,)")
        if not (np.isfinite(self.center).all() and np.isfinite(self.scale).all() and (self.scale > 0).all()):
            raise ValueError("centre and scale must be finite and scale positive")

    def apply(self, x: NDArray[np.float32]) -> NDArray[np.float32]:
        """Standardised features, (T, F) float32 within +-`CLIP`."""
        standardised = (x - self.center) / self.scale
        return np.clip(standardised, -CLIP, CLIP, out=standardised)


def fit_scaling(x: NDArray[np.float32], train_index: NDArray[np.int64]) -> FeatureScaling:
    """Mean and deviation of each feature over the train rows; a feature that never moves gets scale 1."""
    rows = x[train_index].astype(np.float64)
    deviation = rows.std(axis=0)
    return FeatureScaling(
        center=rows.mean(axis=0).astype(np.float32),
        scale=np.where(deviation > 1e-6, deviation, 1.0).astype(np.float32),
    )

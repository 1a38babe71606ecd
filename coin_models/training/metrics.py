"""The quality of each coin's version on the validation samples: pinball loss, skill, coverage.

The samples chose the network's epoch, so these figures flatter it; the reference is fitted on the train samples alone here.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from coin_models.features.scaling import FeatureScaling
from coin_models.registry.architecture import Architecture, Weights
from coin_models.registry.members import scaled_quantiles
from coin_models.settings.levels import coverage_name
from coin_models.training.fit.init_weights import unconditional_quantiles
from coin_models.training.fit.reference import reference_tensors
from coin_models.training.fit.tasks import CoinTask

Array = NDArray[np.float64]


def validation_metrics(
    task: CoinTask, architecture: Architecture, network: Weights, scaling: FeatureScaling
) -> Mapping[str, float]:
    """Pinball, unconditional_pinball, skill, num_samples, coverage_<level> for each quantile.

    `coverage_0.1` is the share of outcomes at or below the forecast 0.1 quantile; a calibrated forecast has 0.1 there.
    Losses are in units of the horizon's volatility.
    """
    rows = task.split.validation_index
    weights = {**network, **reference_tensors(task, architecture, with_validation=False)}
    q_NQ = scaled_quantiles(architecture, weights, scaling, task.features, rows)
    y_N = task.targets[rows].astype(np.float64)
    levels = np.array(architecture.quantiles)
    loss = _pinball(levels, q_NQ, y_N)
    unconditional = _pinball(levels, unconditional_quantiles(task, architecture)[np.newaxis], y_N)
    below = (y_N[:, np.newaxis] <= q_NQ).mean(axis=0)
    return {
        "pinball": loss,
        "unconditional_pinball": unconditional,
        "skill": 1.0 - loss / unconditional,
        "num_samples": float(len(rows)),
        **{coverage_name(level): float(share) for level, share in zip(architecture.quantiles, below, strict=True)},
    }


def _pinball(levels: Array, q_NQ: Array, y_N: Array) -> float:  # noqa: N803
    """Mean over samples and levels (Koenker and Bassett 1978)."""
    error_NQ = y_N[:, np.newaxis] - q_NQ
    return float(np.maximum(levels * error_NQ, (levels - 1) * error_NQ).mean())

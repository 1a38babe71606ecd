"""The quality of each coin's version on the validation samples: pinball loss, skill, coverage.

The samples chose the network's epoch and its share in the mean, so these figures flatter a version.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from coin_models.models.architecture import Architecture
from coin_models.settings.levels import coverage_name
from coin_models.training.fit.init_weights import unconditional_quantiles
from coin_models.training.fit.members import pinball
from coin_models.training.fit.tasks import CoinTask


def validation_metrics(
    task: CoinTask,
    architecture: Architecture,
    q_NQ: NDArray[np.float64],  # noqa: N803 - tensor shapes are suffixes
) -> Mapping[str, float]:
    """Pinball, unconditional_pinball, skill, num_samples, coverage_<level> for each quantile.

    `coverage_0.1` is the share of outcomes at or below the forecast 0.1 quantile; a calibrated forecast has 0.1 there.

    Args:
        task: the coin's samples.
        architecture: quantile levels.
        q_NQ: forecasts of the validation samples, in units of the horizon's volatility, as the losses are.
    """
    levels, targets = architecture.quantiles, task.targets[task.split.validation_index]
    loss = pinball(levels, q_NQ, targets)
    unconditional = pinball(levels, unconditional_quantiles(task, architecture)[np.newaxis], targets)
    below = (targets[:, np.newaxis] <= q_NQ).mean(axis=0)
    return {
        "pinball": loss,
        "unconditional_pinball": unconditional,
        "skill": 1.0 - loss / unconditional,
        "num_samples": float(len(targets)),
        **{coverage_name(level): float(share) for level, share in zip(levels, below, strict=True)},
    }

"""The members beside the network: the reference, and the network's share in the mean that is published.

Both take milliseconds, so that they need no checkpoint.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from coin_models.features.scaling import FeatureScaling
from coin_models.registry.architecture import NETWORK_SHARE, Architecture, Weights
from coin_models.registry.members import network_quantiles
from coin_models.registry.reference import Reference, fit_reference
from coin_models.training.fit.tasks import CoinTask

Array = NDArray[np.float64]

_SHARES = (0.0, 1 / 3, 2 / 3, 1.0)
_LEAST_GAIN = 0.005
"""Another share than the settings' is taken where it lowers the validation loss by at least this part of it: the days
chose the network's epoch, and the shares of two coins that gain less differ by chance (ADR 0112)."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Members:
    """What is published of a coin beside its network."""

    validation_quantiles: (
        Array  # (N, Q) of the mean on the validation samples, the reference fitted on the train samples
    )
    tensors: Weights = field(default_factory=dict)  # fitted on train and validation samples


def fit_members(task: CoinTask, architecture: Architecture, network: Weights, scaling: FeatureScaling) -> Members:
    """Fits the reference and weighs the network against it; nothing but the network where the settings leave it out."""
    train, rows = task.split.train_index, task.split.validation_index
    of_network = network_quantiles(architecture, network, scaling, task.features, rows)
    if not architecture.has_reference:
        return Members(validation_quantiles=of_network)
    of_reference = _fit(task, architecture, train).scaled_quantiles(task.features, rows)
    means = {share: share * of_network + (1 - share) * of_reference for share in (architecture.network_share, *_SHARES)}
    losses = {share: pinball(architecture.quantiles, mean, task.targets[rows]) for share, mean in means.items()}
    share = min(losses, key=lambda candidate: losses[candidate])
    if losses[share] > (1 - _LEAST_GAIN) * losses[architecture.network_share]:
        share = architecture.network_share
    fitted = _fit(task, architecture, np.concatenate([train, rows]))
    return Members(
        validation_quantiles=means[share],
        tensors={**fitted.tensors(), NETWORK_SHARE: np.array([share], dtype=np.float32)},
    )


def pinball(levels: tuple[float, ...], q_NQ: Array, y_N: NDArray[np.float32]) -> float:  # noqa: N803
    """Pinball loss, mean over samples and levels (Koenker and Bassett 1978); quantiles may be one row for all samples."""
    error_NQ = y_N.astype(np.float64)[:, np.newaxis] - q_NQ
    levels_Q = np.array(levels)
    return float(np.maximum(levels_Q * error_NQ, (levels_Q - 1) * error_NQ).mean())


def _fit(task: CoinTask, architecture: Architecture, rows: NDArray[np.int64]) -> Reference:
    horizon, levels = architecture.horizon, architecture.quantiles
    return fit_reference(task.features, task.targets, rows, horizon=horizon, levels=levels)

"""The members beside the network: the reference, the network's share in the mean that is published, further families.

They are quick, so that they need no checkpoint.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from coin_models.features.scaling import FeatureScaling
from coin_models.models.architecture import FURTHER_SHARE, NETWORK_SHARE, Architecture, Weights
from coin_models.models.family import Samples, family, named_tensors, tensors_of
from coin_models.models.mean import network_quantiles, with_members
from coin_models.models.reference import Reference, fit_reference
from coin_models.training.fit.tasks import CoinTask

Array = NDArray[np.float64]
Tensor = NDArray[np.float32]

_SHARES = (0.0, 1 / 3, 2 / 3, 1.0)
_PARTS = (1.0, 0.5, 0.0)  # of the further members' shares
_LEAST_GAIN = 0.005
"""Another share than the settings' is taken where it lowers the validation loss by at least this part of it: the days
chose the network's epoch, and the shares of two coins that gain less differ by chance (ADR 0112)."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Members:
    """What is published of a coin beside its network."""

    validation_quantiles: (
        Array  # (N, Q) of the mean on the validation samples, the reference fitted on the train samples
    )
    tensors: Weights = field(default_factory=dict)  # the reference's fitted on train and validation samples


def fit_members(
    task: CoinTask, architecture: Architecture, network: Weights, scaling: FeatureScaling, seed: int
) -> Members:
    """Fits reference and further members, and weighs them; nothing but the network where the settings say so."""
    pair = _with_reference(
        task,
        architecture,
        network_quantiles(architecture, network, scaling, task.features, task.split.validation_index),
    )
    return _with_further(task, architecture, pair, seed) if architecture.members else pair


def _with_further(task: CoinTask, architecture: Architecture, pair: Members, seed: int) -> Members:
    tensors: dict[str, Tensor] = dict(pair.tensors)
    further: dict[str, Array] = {}
    for name, _ in architecture.members:
        fitted = _further(task, architecture, name, seed)
        further[name] = family(name).scaled_quantiles(fitted, task.features, task.split.validation_index)
        tensors |= named_tensors(name, fitted)
    means = {part: with_members(architecture.members, pair.validation_quantiles, further, part) for part in _PARTS}
    part = _best(task, architecture, means, usual=1.0)
    tensors[FURTHER_SHARE] = np.array([part], dtype=np.float32)
    return Members(validation_quantiles=means[part], tensors=tensors)


def _further(task: CoinTask, architecture: Architecture, name: str, seed: int) -> Weights:
    """A further member: of a full retrain fitted on its train samples, of a warm start its parent's.

    Of the train samples alone: one fit then serves both forecasts and validation, and a week more of 90 days adds little.
    """
    if task.parent is not None:
        return tensors_of(name, task.parent)
    samples = Samples(
        table=task.features,
        targets=task.targets,
        rows=task.split.train_index,
        horizon=architecture.horizon,
        levels=architecture.quantiles,
        seed=seed,
    )
    return family(name).fit(samples)


def _with_reference(task: CoinTask, architecture: Architecture, of_network: Array) -> Members:
    if not architecture.has_reference:
        return Members(validation_quantiles=of_network)
    train, rows, usual = task.split.train_index, task.split.validation_index, architecture.network_share
    of_reference = _fit(task, architecture, train).scaled_quantiles(task.features, rows)
    means = {share: share * of_network + (1 - share) * of_reference for share in (usual, *_SHARES)}
    share = _best(task, architecture, means, usual=usual)
    fitted = _fit(task, architecture, np.concatenate([train, rows]))
    tensors = {**fitted.tensors(), NETWORK_SHARE: np.array([share], dtype=np.float32)}
    return Members(validation_quantiles=means[share], tensors=tensors)


def _best(task: CoinTask, architecture: Architecture, means: Mapping[float, Array], *, usual: float) -> float:
    """The share whose mean has the least validation loss, if that is clearly less than that of the usual one."""
    targets = task.targets[task.split.validation_index]
    losses = {share: pinball(architecture.quantiles, mean, targets) for share, mean in means.items()}
    best = min(losses, key=lambda share: losses[share])
    return best if losses[best] <= (1 - _LEAST_GAIN) * losses[usual] else usual


def pinball(levels: tuple[float, ...], q_NQ: Array, y_N: NDArray[np.float32]) -> float:  # noqa: N803
    """Pinball loss, mean over samples and levels (Koenker and Bassett 1978); quantiles may be one row for all samples."""
    error_NQ = y_N.astype(np.float64)[:, np.newaxis] - q_NQ
    levels_Q = np.array(levels)
    return float(np.maximum(levels_Q * error_NQ, (levels_Q - 1) * error_NQ).mean())


def _fit(task: CoinTask, architecture: Architecture, rows: NDArray[np.int64]) -> Reference:
    horizon, levels = architecture.horizon, architecture.quantiles
    return fit_reference(task.features, task.targets, rows, horizon=horizon, levels=levels)

"""The initial weights of a fit, drawn for each coin from its own stream or copied from its parent, and the first
state.
"""

import numpy as np
import torch
from numpy.typing import NDArray

from coin_models.models.architecture import Architecture, Weights
from coin_models.training.fit.data import TARGET_LIMIT
from coin_models.training.fit.layout import ParameterLayout
from coin_models.training.fit.quantile_head import raw_outputs
from coin_models.training.fit.rng import CoinStreams
from coin_models.training.fit.state import FitState
from coin_models.training.fit.tasks import CohortTask, CoinTask

_OUTER_GAIN = 0.5  # a block begins as a small correction to what it is added to


def fresh_state(task: CohortTask, device: torch.device) -> FitState:
    """The state of a cohort before its first step, on a device."""
    weights = [
        initial_weights(coin, task.architecture, CoinStreams(seed=task.training.seed, coin=coin.coin, day=task.day))
        for coin in task.coins
    ]
    decayed, plain = ParameterLayout(task.architecture.parameter_shapes()).pack(weights)
    return FitState.fresh(decayed.to(device), plain.to(device), task.num_epochs)


def initial_weights(task: CoinTask, architecture: Architecture, streams: CoinStreams) -> Weights:
    """One coin's parameters before the first step: its parent's, or drawn (He et al. 2015) with an indifferent head.

    The head of a full retrain has no weights and a bias that says the unconditional quantiles of the train targets, so that
    an untrained network is the unconditional forecast.
    """
    if task.parent is not None:
        return {name: task.parent[name] for name in architecture.parameter_shapes()}
    generator = streams.generator("weights")
    weights: dict[str, NDArray[np.float32]] = {}
    for name, shape in architecture.parameter_shapes().items():
        if name == "head.bias":
            weights[name] = raw_outputs(
                unconditional_quantiles(task, architecture), architecture.median, architecture.median_gain
            )
        elif name.startswith("head.") or name.endswith(".bias"):
            weights[name] = np.zeros(shape, dtype=np.float32)
        else:
            gain = _OUTER_GAIN if name.endswith(".outer.weight") else 1.0
            weights[name] = generator.standard_normal(shape, dtype=np.float32) * np.float32(
                gain * np.sqrt(2 / shape[0])
            )
    return weights


def unconditional_quantiles(task: CoinTask, architecture: Architecture) -> NDArray[np.float64]:
    """Quantiles (Q,) of the coin's train targets: the forecast that knows nothing of the window."""
    targets = np.clip(task.targets[task.split.train_index], -TARGET_LIMIT, TARGET_LIMIT)
    return np.quantile(targets.astype(np.float64), architecture.quantiles)

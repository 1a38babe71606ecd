"""The reference of a coin: fitted on its train and validation samples, so quickly that it needs no checkpoint."""

import numpy as np

from coin_models.registry.architecture import Architecture, Weights
from coin_models.registry.reference import fit_reference
from coin_models.training.fit.tasks import CoinTask


def reference_tensors(task: CoinTask, architecture: Architecture, *, with_validation: bool = True) -> Weights:
    """The tensors of the coin's reference; none where the architecture has none.

    Args:
        task: the coin's samples.
        architecture: horizon and quantile levels.
        with_validation: fit on the validation samples too; without them they are out of sample.
    """
    if not architecture.has_reference:
        return {}
    index = task.split
    rows = np.concatenate([index.train_index, index.validation_index]) if with_validation else index.train_index
    fitted = fit_reference(
        task.features, task.targets, rows, horizon=architecture.horizon, levels=architecture.quantiles
    )
    return fitted.tensors()

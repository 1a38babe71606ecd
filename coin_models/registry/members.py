"""The forecast of a version: the weighted mean of the quantiles of its members, network and reference."""

import numpy as np
from numpy.typing import NDArray

from coin_models.features.scaling import FeatureScaling
from coin_models.features.table import FeatureTable
from coin_models.registry.architecture import NETWORK_SHARE, Architecture, Weights
from coin_models.registry.forward_pass import forward
from coin_models.registry.reference import Reference

Array = NDArray[np.float64]


def scaled_quantiles(
    architecture: Architecture,
    weights: Weights,
    scaling: FeatureScaling,
    table: FeatureTable,
    rows: NDArray[np.int64],
) -> Array:
    """Quantiles (N, Q), ascending along Q, in units of the horizon's volatility, as `features.table.build_targets`.

    Args:
        architecture: what the weights belong to.
        weights: tensors of all members.
        scaling: of the network's features.
        table: features on the full grid, T rows.
        rows: (N,) rows whose window of `architecture.window` rows is whole (`features.splits.sample_rows`).
    """
    network = network_quantiles(architecture, weights, scaling, table, rows)
    if not architecture.has_reference:
        return network
    share = float(weights[NETWORK_SHARE][0])
    return share * network + (1 - share) * Reference.of_tensors(weights).scaled_quantiles(table, rows)


def network_quantiles(
    architecture: Architecture,
    weights: Weights,
    scaling: FeatureScaling,
    table: FeatureTable,
    rows: NDArray[np.int64],
) -> Array:
    """The same of the network alone."""
    scaled = scaling.apply(table.x)
    windows_TFL = np.lib.stride_tricks.sliding_window_view(scaled, architecture.window, axis=0)
    x_NI = windows_TFL[rows - (architecture.window - 1)].swapaxes(1, 2).reshape(len(rows), architecture.num_inputs)
    return forward(architecture, weights, x_NI).astype(np.float64)

"""The forecast of a version: the weighted mean of the quantiles of its members: network, reference, further families."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from coin_models.features.scaling import FeatureScaling
from coin_models.features.table import FeatureTable
from coin_models.models.architecture import FURTHER_SHARE, NETWORK_SHARE, Architecture, Weights
from coin_models.models.family import family, tensors_of
from coin_models.models.network import forward
from coin_models.models.reference import Reference

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
    quantiles = network_quantiles(architecture, weights, scaling, table, rows)
    if architecture.has_reference:
        share = float(weights[NETWORK_SHARE][0])
        quantiles = share * quantiles + (1 - share) * Reference.of_tensors(weights).scaled_quantiles(table, rows)
    if not architecture.members:
        return quantiles
    further = {
        name: family(name).scaled_quantiles(tensors_of(name, weights), table, rows) for name, _ in architecture.members
    }
    return with_members(architecture.members, quantiles, further, part=float(weights[FURTHER_SHARE][0]))


def with_members(members: Sequence[tuple[str, float]], pair: Array, further: Mapping[str, Array], part: float) -> Array:
    """The mean of network and reference, and of further members by a part of their shares; all (N, Q)."""
    rest = 1.0 - part * sum(share for _, share in members)
    return np.asarray(sum((part * share * further[name] for name, share in members), rest * pair))


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

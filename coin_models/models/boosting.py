"""Gradient-boosted trees of the next horizon's width and of its quantiles (LightGBM; Ke et al. 2017), forecast in numpy.

Four small models a coin: one of the log of the next horizon's mean range, as the reference forecasts it, and one for each
quantile of the return. What is forecast is the mean of both. Trees find what a ridge and a network of few epochs do not: on
ten liquid coins the mean of all three is better than that of network and reference by 0.0012 (docs/adr/0145).
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from coin_models.errors import TrainerUnavailable
from coin_models.features.table import FeatureTable
from coin_models.models.family import Array, Samples, Tensors
from coin_models.models.reference import log_width_ahead, reference_inputs

_NUM_TREES: Final = 60
_NUM_LEAVES: Final = 7
_ALL_LEAVES: Final = (1 << _NUM_LEAVES) - 1
_FIRST_BIT: Final = np.array([(n & -n).bit_length() - 1 if n else 0 for n in range(_ALL_LEAVES + 1)])
"""The place of the lowest bit that is set, of each number."""
_ROWS_PER_HORIZON: Final = (
    4  # the horizons of neighbouring rows are nearly the same: more of them cost time and add nothing
)
_PARAMETERS: Final[Mapping[str, Any]] = {
    "learning_rate": 0.1,
    "num_leaves": _NUM_LEAVES,
    "min_data_in_leaf": 70,
    "lambda_l2": 5.0,
    "feature_fraction": 0.6,
    "bagging_fraction": 0.6,
    "bagging_freq": 1,
    "max_bin": 63,
    "deterministic": True,
    "force_row_wise": True,
    "num_threads": 1,  # the sums of more depend on their number
    "verbosity": -1,
}


class BoostedTrees:
    """The family `lightgbm`: M models (the width, then each quantile level) of T trees with L leaves."""

    distributions: Sequence[str] = ("lightgbm",)

    def fit(self, samples: Samples) -> Tensors:
        """The trees as tables.

        Raises:
            TrainerUnavailable: lightgbm cannot be loaded on this machine.
        """
        lightgbm = _lightgbm()
        rows = samples.rows[:: max(1, samples.horizon // _ROWS_PER_HORIZON)]
        parameters = {**_PARAMETERS, "seed": samples.seed}
        inputs = np.ascontiguousarray(reference_inputs(samples.table, rows))
        log_width = log_width_ahead(samples.table, rows, samples.horizon)
        data = lightgbm.Dataset(inputs, log_width, params=parameters, free_raw_data=False)
        boosters = [lightgbm.train({**parameters, "objective": "regression"}, data, _NUM_TREES)]
        data.set_label(samples.targets[rows].astype(np.float64))
        boosters += [
            lightgbm.train({**parameters, "objective": "quantile", "alpha": level}, data, _NUM_TREES)
            for level in samples.levels
        ]
        trees = _tables([booster.dump_model()["tree_info"] for booster in boosters])
        over_width = samples.targets[rows].astype(np.float64) / np.exp(
            np.asarray(boosters[0].predict(inputs, num_threads=1))
        )
        return {**trees, "over_width": np.quantile(over_width, samples.levels).astype(np.float32)}

    def scaled_quantiles(self, tensors: Tensors, table: FeatureTable, rows: NDArray[np.int64]) -> Array:
        """As `Family` says, from the tables alone."""
        outputs_NM = _outputs(tensors, reference_inputs(table, rows))
        by_width = np.exp(outputs_NM[:, :1]) * tensors["over_width"].astype(np.float64)
        return np.asarray((by_width + np.sort(outputs_NM[:, 1:], axis=1)) / 2.0)  # models of two levels may cross


def _lightgbm() -> Any:
    """The module, which also needs GNU's OpenMP: torch brings one, which serves where it is loaded first, as in each fit."""
    try:
        import lightgbm
    except (ImportError, OSError) as error:
        raise TrainerUnavailable(
            f"lightgbm, a member of the forecast, cannot be loaded here: {error}; install coin_models[train] and, on Debian, "
            "libgomp1, or leave the member out: COIN_MODELS_TRAINING_MEMBERS=[]"
        ) from error
    return lightgbm


def _outputs(tensors: Tensors, inputs_NI: Array) -> Array:  # noqa: N803 - tensor shapes are suffixes
    """What each model says of each row, (N, M): the sum of its trees' leaves (QuickScorer, Lucchese et al. 2015).

    A row begins with all leaves of a tree; each split that sends it right removes those on its left. The first one left is its
    leaf.
    """
    masks, leaves = tensors["masks"].astype(np.uint8), tensors["leaves"].astype(np.float64)
    num_models, num_trees, num_splits = masks.shape
    features, thresholds = tensors["features"].astype(np.int64).reshape(-1), tensors["thresholds"].reshape(-1)
    goes_right = inputs_NI.astype(np.float32)[:, features] > thresholds  # (N, M * T * S)
    kept = np.where(goes_right, masks.reshape(-1), np.uint8(_ALL_LEAVES)).reshape(len(inputs_NI), -1, num_splits)
    leaf = _FIRST_BIT[np.bitwise_and.reduce(kept, axis=2)]  # (N, M * T)
    values = leaves.reshape(num_models * num_trees, -1)[np.arange(num_models * num_trees), leaf]
    return np.asarray(values.reshape(len(inputs_NI), num_models, num_trees).sum(axis=2))


def _tables(models: Sequence[Sequence[Mapping[str, Any]]]) -> dict[str, NDArray[np.float32]]:
    """Trees as LightGBM dumps them, as tables (M, T, S) of splits and (M, T, L) of leaves, numbered from left to right.

    A split that is not there removes no leaf; all leaves of a tree that is not there are 0.
    """
    splits = (len(models), _NUM_TREES, _NUM_LEAVES - 1)
    features, thresholds = np.zeros(splits, np.float32), np.zeros(splits, np.float32)
    masks = np.full(splits, _ALL_LEAVES, np.float32)
    leaves = np.zeros((*splits[:2], _NUM_LEAVES), np.float32)
    for m, trees in enumerate(models):
        for t, tree in enumerate(trees):
            values, tree_splits = _walked(tree["tree_structure"])
            leaves[m, t, : len(values)] = values
            for s, (feature, threshold, mask) in enumerate(tree_splits):
                features[m, t, s], thresholds[m, t, s], masks[m, t, s] = feature, threshold, mask
    return {"features": features, "thresholds": thresholds, "masks": masks, "leaves": leaves}


def _walked(node: Mapping[str, Any], first_leaf: int = 0) -> tuple[list[float], list[tuple[int, np.float32, int]]]:
    """The leaves below a node from left to right, and its splits: feature, threshold, mask of the leaves kept on its right."""
    if "split_feature" not in node:
        return [node["leaf_value"]], []
    left, left_splits = _walked(node["left_child"], first_leaf)
    right, right_splits = _walked(node["right_child"], first_leaf + len(left))
    mask = _ALL_LEAVES & ~(((1 << len(left)) - 1) << first_leaf)
    split = (node["split_feature"], _rounded_down(node["threshold"]), mask)
    return [*left, *right], [split, *left_splits, *right_splits]


def _rounded_down(threshold: float) -> np.float32:
    """The largest float32 that is not above it: inputs are float32, so that they fall on the same side of both."""
    nearest = np.float32(threshold)
    return nearest if float(nearest) <= threshold else np.nextafter(nearest, np.float32(-np.inf))

"""The ONNX graph of a version forecasts what numpy does, within 1e-6 of the largest return."""

from dataclasses import replace
from typing import Any

import numpy as np
import onnxruntime
import pytest
from numpy.typing import NDArray

from coin_models.errors import UsageError
from coin_models.features.splits import sample_rows
from coin_models.features.table import FeatureTable
from coin_models.models.architecture import FURTHER_SHARE
from coin_models.models.boosting import BoostedTrees
from coin_models.models.family import Samples, named_tensors
from coin_models.registry.bundle import Bundle, make_bundle
from coin_models.registry.forecast import LoadedModel
from coin_models.registry.onnx_graph import onnx_graph, onnx_inputs
from coin_models_tests.registry import builders


def with_trees(table: FeatureTable) -> Bundle:
    """Network, reference and trees that were fitted on noise that leans on the first feature."""
    made = builders.bundle(architecture=builders.referring_architecture(0.4, members=(("lightgbm", 0.5),)))
    random = np.random.default_rng(3)
    targets = (random.normal(size=len(table)) + table.x[:, 0]).astype(np.float32)
    rows = sample_rows(table, 4)[:-12]
    trees = BoostedTrees().fit(
        Samples(table=table, targets=targets, rows=rows, horizon=12, levels=(0.1, 0.5, 0.9), seed=7)
    )
    kept = {name: array for name, array in made.weights.items() if not name.startswith("members.")}
    further = {**named_tensors("lightgbm", trees), FURTHER_SHARE: np.array([1.0], np.float32)}
    return make_bundle(replace(made.manifest, weights_sha256=""), {**kept, **further})


@pytest.fixture(scope="module")
def table() -> FeatureTable:
    return builders.table()


def run(model: LoadedModel, table: FeatureTable, rows: NDArray[np.int64]) -> Any:
    session = onnxruntime.InferenceSession(onnx_graph(model), providers=["CPUExecutionProvider"])
    (log_returns,) = session.run(None, onnx_inputs(model, table, rows))
    return log_returns


@pytest.mark.parametrize("kind", ["network", "with a reference", "reference alone", "with trees"])
def test_it_forecasts_what_numpy_does(kind: str, table: FeatureTable) -> None:
    bundle = {
        "network": builders.bundle,
        "with a reference": lambda: builders.with_reference(network_share=0.3),
        "reference alone": lambda: builders.with_reference(network_share=0.3),
        "with trees": lambda: with_trees(table),
    }[kind]()
    model = LoadedModel(bundle=bundle, version_id="BTC-1", only_reference=kind == "reference alone")
    rows = sample_rows(table, 4)

    expected = model.log_returns(table, rows)
    made = run(model, table, rows)

    assert made.shape == expected.shape == (len(rows), 3)
    assert np.abs(made - expected).max() < 1e-6 * np.abs(expected).max()


def test_five_quantiles_never_cross_and_are_those_of_numpy(table: FeatureTable) -> None:
    levels = (0.05, 0.25, 0.5, 0.75, 0.95)
    model = LoadedModel(
        bundle=builders.bundle(architecture=builders.architecture(quantiles=levels)), version_id="BTC-1"
    )
    rows = sample_rows(table, 4)

    made = run(model, table, rows)

    assert (np.diff(made, axis=1) > 0).all()
    assert np.abs(made - model.log_returns(table, rows)).max() < 1e-6


def test_a_family_without_a_graph_is_refused() -> None:
    bundle = builders.bundle(architecture=builders.referring_architecture(0.4, members=(("ewma", 0.1),)))

    with pytest.raises(UsageError, match="the family ewma cannot be written as ONNX"):
        onnx_graph(LoadedModel(bundle=bundle, version_id="BTC-1"))

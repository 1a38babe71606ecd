"""A model version as an ONNX graph, for programs without Python: the arithmetic of `models/` again, node by node.

The numpy forecast is the source; a test compares both to 1e-6. Features are computed outside the graph: its inputs are
rows of a feature table (`onnx_inputs`). onnx is imported where a graph is built.
"""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from coin_models.errors import UsageError
from coin_models.features.scaling import CLIP
from coin_models.features.table import FeatureTable, horizon_volatility
from coin_models.models.architecture import FURTHER_SHARE, NETWORK_SHARE
from coin_models.models.family import tensors_of
from coin_models.models.reference import INPUT_LIMIT, reference_inputs
from coin_models.registry.forecast import LoadedModel

WINDOWS: Final = "windows"
"""Input (N, window, features) float32, the last rows of the table, oldest first."""
INPUTS: Final = "inputs"
"""Input (N, features + width columns) float64, of the last row."""
SCALE: Final = "scale"
"""Input (N,) float64: the volatility over the horizon."""
OUTPUT: Final = "log_returns"
"""Output (N, quantiles) float64, as `LoadedModel.log_returns`."""
OPSET: Final = 18
_TREES: Final = "lightgbm"


def onnx_inputs(model: LoadedModel, table: FeatureTable, rows: NDArray[np.int64]) -> dict[str, NDArray[Any]]:
    """What the graph is given for these rows of `model.features(candles)`; see `LoadedModel.log_returns`."""
    architecture = model.manifest.architecture
    table = table.with_own(architecture.own_names)
    windows_TFL = np.lib.stride_tricks.sliding_window_view(table.x, architecture.window, axis=0)
    given: dict[str, NDArray[Any]] = {
        WINDOWS: np.ascontiguousarray(windows_TFL[rows - (architecture.window - 1)].swapaxes(1, 2)),
        INPUTS: reference_inputs(table, rows),
        SCALE: horizon_volatility(table, architecture.horizon)[rows],
    }
    return {name: given[name] for name in _inputs_of(model)}


def _inputs_of(model: LoadedModel) -> list[str]:
    """The inputs that its members read."""
    architecture = model.manifest.architecture
    reads_rows = architecture.has_reference or architecture.members
    return [*([] if model.only_reference else [WINDOWS]), *([INPUTS] if reads_rows else []), SCALE]


def onnx_graph(model: LoadedModel) -> bytes:
    """The serialised graph.

    Raises:
        UsageError: onnx is not installed, or a member of the forecast is a family that has no graph.
    """
    try:
        import onnx
    except ImportError:
        raise UsageError("onnx is not installed; `pip install 'coin_models[onnx]'` brings it") from None
    architecture = model.manifest.architecture
    if foreign := [name for name, _ in architecture.members if name != _TREES and not model.only_reference]:
        raise UsageError(
            f"{model.version_id}: the family {', '.join(foreign)} cannot be written as ONNX, only {_TREES}"
        )
    graph = _Graph()
    graph.op(
        "Mul", _quantiles(graph, model), graph.op("Unsqueeze", SCALE, graph.constant(np.array([1]))), output=OUTPUT
    )
    helper, double = onnx.helper, onnx.TensorProto.DOUBLE
    num_inputs = architecture.num_features + len(architecture.width_names)
    windows: list[str | int | None] = ["N", architecture.window, architecture.num_features]
    shapes: dict[str, tuple[Any, list[str | int | None]]]
    shapes = {WINDOWS: (onnx.TensorProto.FLOAT, windows), INPUTS: (double, ["N", num_inputs]), SCALE: (double, ["N"])}
    inputs = [helper.make_tensor_value_info(name, *shapes[name]) for name in _inputs_of(model)]
    output = helper.make_tensor_value_info(OUTPUT, double, ["N", len(architecture.quantiles)])
    made = helper.make_graph(graph.nodes, "coin_models", inputs, [output], graph.constants)
    proto = helper.make_model(made, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=9)
    about = {"version": model.version_id, "quantiles": ",".join(f"{level:g}" for level in architecture.quantiles)}
    helper.set_model_props(proto, {**about, "features": ",".join(architecture.feature_names)})
    onnx.checker.check_model(proto)
    return bytes(proto.SerializeToString())


class _Graph:
    """Nodes and constants, named by their number."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def op(self, kind: str, *inputs: str, output: str | None = None, **attributes: Any) -> str:
        """Adds a node; returns the name of its output, the first where it has several."""
        from onnx import helper

        name = output or f"n{len(self.nodes)}"
        outputs = [name, f"{name}_at"] if kind == "TopK" else [name]
        self.nodes.append(helper.make_node(kind, list(inputs), outputs, **attributes))
        return name

    def constant(self, value: NDArray[Any] | float, dtype: type | None = None) -> str:
        """Adds a constant; float64 or int64 where no type is given."""
        from onnx import numpy_helper

        array = np.asarray(value, dtype=dtype)
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(array), f"c{len(self.constants)}"))
        return str(self.constants[-1].name)


def _quantiles(graph: _Graph, model: LoadedModel) -> str:
    """Scaled quantiles, as `models.mean.scaled_quantiles`."""
    architecture, weights = model.manifest.architecture, model.bundle.weights
    if model.only_reference:
        return _reference(graph, model)
    pair = _network(graph, model)
    if architecture.has_reference:
        share = float(weights[NETWORK_SHARE][0])
        pair = _mean(graph, pair, share, _reference(graph, model), 1 - share)
    if not architecture.members:
        return pair
    part = float(weights[FURTHER_SHARE][0]) * dict(architecture.members)[_TREES]
    return _mean(graph, pair, 1.0 - part, _trees(graph, model), part)


def _mean(graph: _Graph, first: str, share: float, second: str, rest: float) -> str:
    return graph.op("Add", graph.op("Mul", first, graph.constant(share)), graph.op("Mul", second, graph.constant(rest)))


def _network(graph: _Graph, model: LoadedModel) -> str:
    """As `models.network.forward`, in float32, then float64."""
    architecture, weights, scaling = model.manifest.architecture, model.bundle.weights, model.manifest.scaling
    op = graph.op

    def single(value: NDArray[Any] | float) -> str:
        return graph.constant(value, np.float32)

    scaled = op("Div", op("Sub", WINDOWS, single(scaling.center)), single(scaling.scale))
    clipped = op("Clip", scaled, single(-CLIP), single(CLIP))
    x = op("Reshape", clipped, graph.constant(np.array([-1, architecture.num_inputs])))

    def dense(at: str, layer: str) -> str:
        return op("Add", op("MatMul", at, single(weights[f"{layer}.weight"])), single(weights[f"{layer}.bias"]))

    h = op("Relu", dense(x, "input"))
    for i in range(architecture.num_blocks):
        z = op("Relu", dense(h, f"blocks.{i}.inner"))
        h = op("Add", h, op("MatMul", z, single(weights[f"blocks.{i}.outer.weight"])))
    o, median, num = dense(h, "head"), architecture.median, len(architecture.quantiles)
    # Each quantile beyond the median: its neighbour and one softplus; as a product, ones up to it on its side.
    steps = op("Softplus", o)
    reach = np.zeros((num, num))
    for k in range(median + 1, num):
        reach[k, k:] = 1.0
    for k in range(median):
        reach[k, : k + 1] = -1.0
    middle = np.zeros((num, num))
    middle[median, :] = architecture.median_gain
    total = op("Add", op("MatMul", o, single(middle)), op("MatMul", steps, single(reach)))
    return op("Cast", total, to=11)  # TensorProto.DOUBLE


def _reference(graph: _Graph, model: LoadedModel) -> str:
    """As `models.reference.Reference.scaled_quantiles`."""
    tensors, op = model.bundle.weights, graph.op

    def constant(name: str) -> str:
        return graph.constant(tensors[f"reference.{name}"], np.float64)

    standardised = op("Div", op("Sub", INPUTS, constant("center")), constant("scale"))
    clipped = op("Clip", standardised, graph.constant(-INPUT_LIMIT), graph.constant(INPUT_LIMIT))
    coefficients = graph.constant(tensors["reference.coefficients"][:, np.newaxis], np.float64)
    width = op("Exp", op("Add", op("MatMul", clipped, coefficients), constant("intercept")))
    return op("Mul", width, constant("quantiles"))


def _trees(graph: _Graph, model: LoadedModel) -> str:
    """As `models.boosting.BoostedTrees.scaled_quantiles`: a leaf stays where no split that sends the row right removes it."""
    tensors, op = tensors_of(_TREES, model.bundle.weights), graph.op
    masks, leaves = tensors["masks"].astype(np.int64), tensors["leaves"].astype(np.float64)
    num_models, num_trees, num_splits = masks.shape
    num_leaves, num_all = leaves.shape[2], num_models * num_trees
    features = tensors["features"].astype(np.int64).reshape(-1)
    removed = 1.0 - ((masks[..., np.newaxis] >> np.arange(num_leaves)) & 1).reshape(num_all, num_splits, num_leaves)
    single = op("Cast", INPUTS, to=1)  # TensorProto.FLOAT
    chosen = op("Gather", single, graph.constant(features), axis=1)
    is_right = op("Greater", chosen, graph.constant(tensors["thresholds"].reshape(-1), np.float32))
    shape = graph.constant(np.array([-1, num_all, 1, num_splits]))
    right = op("Reshape", op("Cast", is_right, to=11), shape)
    counts = op("MatMul", right, graph.constant(removed))  # (N, M * T, 1, L)
    is_kept = op("Cast", op("Equal", counts, graph.constant(0.0)), to=11)
    first = op("ArgMax", is_kept, axis=3, keepdims=1, select_last_index=0)
    is_leaf = op("Cast", op("Equal", first, graph.constant(np.arange(num_leaves))), to=11)
    values = op("Mul", is_leaf, graph.constant(leaves.reshape(num_all, 1, num_leaves)))
    by_tree = op("Reshape", values, graph.constant(np.array([-1, num_models, num_trees * num_leaves])))
    outputs = op("ReduceSum", by_tree, graph.constant(np.array([2])), keepdims=0)  # (N, M)
    zero, one, end, axis = (graph.constant(np.array([k])) for k in (0, 1, num_models, 1))
    width = op("Exp", op("Slice", outputs, zero, one, axis))
    by_width = op("Mul", width, graph.constant(tensors["over_width"], np.float64))
    number = graph.constant(np.array([num_models - 1]))
    ordered = op("TopK", op("Slice", outputs, one, end, axis), number, axis=1, largest=0, sorted=1)
    return op("Div", op("Add", by_width, ordered), graph.constant(2.0))

"""The numpy network: its arithmetic, and that quantiles never cross."""

from math import exp, log1p

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coin_models.models.network import forward
from coin_models_tests.registry import builders


def test_the_forward_pass_is_the_arithmetic_of_the_docstring() -> None:
    tiny = builders.architecture(feature_names=("a",), window=2, width=1, num_blocks=1)
    parameters = {
        "input.weight": [[1.0], [2.0]], "input.bias": [0.5],
        "blocks.0.inner.weight": [[3.0]], "blocks.0.inner.bias": [-4.0], "blocks.0.outer.weight": [[0.25]],
        "head.weight": [[1.0, 0.5, 0.0]], "head.bias": [0.0, -1.0, 0.0],
    }  # fmt: skip
    arrays = {name: np.array(value, dtype=np.float32) for name, value in parameters.items()}
    # x = (1, 0.5): h = relu(1 + 1 + 0.5) = 2.5; z = relu(7.5 - 4) = 3.5; h = 2.5 + 0.875 = 3.375
    # o = (3.375, 0.6875, 0): median 0.3 * 0.6875; below by softplus(3.375); above by softplus(0) = ln 2
    expected = [0.20625 - log1p(exp(3.375)), 0.20625, 0.20625 + np.log(2)]

    quantiles = forward(tiny, arrays, np.array([[1.0, 0.5]], dtype=np.float32))

    assert quantiles.dtype == np.float32
    assert quantiles[0] == pytest.approx(expected, rel=1e-6)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), scale=st.floats(0.0, 100.0), num_quantiles=st.sampled_from([3, 5, 9]))
def test_quantiles_never_cross(seed: int, scale: float, num_quantiles: int) -> None:
    levels = tuple(np.round(np.linspace(0, 1, num_quantiles + 2)[1:-1], 3))
    network = builders.architecture(quantiles=levels)
    x = np.random.default_rng(seed).normal(0, scale, (8, network.num_inputs)).astype(np.float32)

    quantiles = forward(network, builders.weights(network, seed), x)

    assert np.isfinite(quantiles).all()
    assert (np.diff(quantiles, axis=1) >= 0).all()

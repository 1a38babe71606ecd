"""Simulated weights follow from the fingerprint, the parent and every step."""

import numpy as np

from coin_models.pipeline.plan.recipe import architecture_of
from coin_models.simulation.fitter import expected_weights
from coin_models.simulation.settings import small_settings

NETWORK = architecture_of(small_settings())


def test_the_same_fingerprint_and_parent_give_the_same_weights_and_another_one_others() -> None:
    first, again = expected_weights(NETWORK, "a" * 64, None), expected_weights(NETWORK, "a" * 64, None)
    other, child = expected_weights(NETWORK, "b" * 64, None), expected_weights(NETWORK, "a" * 64, first)

    assert all(np.array_equal(first[name], again[name]) for name in first)
    for different in (other, child):
        assert not np.array_equal(first["input.weight"], different["input.weight"])


def test_weights_have_the_shapes_of_the_network_and_quantiles_that_do_not_cross() -> None:
    weights = expected_weights(NETWORK, "a" * 64, None)

    assert {name: value.shape for name, value in weights.items()} == NETWORK.tensor_shapes()
    assert (np.diff(weights["reference.quantiles"]) > 0).all()

"""The weights before the first step."""

import numpy as np

from coin_models.models import network as forward_pass
from coin_models.training.fit.init_weights import initial_weights, unconditional_quantiles
from coin_models.training.fit.rng import CoinStreams
from coin_models_tests.training import builders


def test_an_untrained_network_says_the_unconditional_quantiles() -> None:
    task = builders.coin_task("AAA")
    streams = CoinStreams(seed=7, coin="AAA", day=builders.DAY)
    weights = initial_weights(task, builders.architecture(), streams)

    quantiles = forward_pass.forward(builders.architecture(), weights, np.ones((1, 16), dtype=np.float32))

    expected = np.quantile(task.targets[task.split.train_index], [0.1, 0.5, 0.9])
    np.testing.assert_allclose(quantiles[0], expected, rtol=1e-4)


def test_a_warm_start_begins_with_its_parents_weights() -> None:
    shapes = builders.architecture().parameter_shapes()
    parent = {name: np.full(shape, 0.5, np.float32) for name, shape in shapes.items()}
    streams = CoinStreams(seed=7, coin="AAA", day=builders.DAY)

    task = builders.coin_task("AAA", parent={**parent, "members.trees.leaf": np.ones(2, np.float32)})

    begun = initial_weights(task, builders.architecture(), streams)

    assert begun.keys() == parent.keys()
    assert all(begun[name] is parent[name] for name in parent)


def test_hidden_weights_have_the_spread_of_their_inputs_and_biases_none() -> None:
    wide = builders.architecture(builders.TRAINING.model_copy(update={"width": 256}))
    weights = initial_weights(builders.coin_task("AAA"), wide, CoinStreams(seed=7, coin="AAA", day=builders.DAY))

    # sqrt(2 / 256) into a block; half of it out of one
    assert abs(weights["blocks.0.inner.weight"].std() / (2 / 256) ** 0.5 - 1) < 0.02
    assert abs(weights["blocks.0.outer.weight"].std() / (0.5 * (2 / 256) ** 0.5) - 1) < 0.02
    assert not weights["blocks.0.inner.bias"].any()
    assert not weights["head.weight"].any()


def test_unconditional_quantiles_are_those_of_the_clipped_train_targets() -> None:
    task = builders.coin_task("AAA")
    task.targets[task.split.train_index] = 100.0

    assert unconditional_quantiles(task, builders.architecture()).tolist() == [6.0, 6.0, 6.0]

"""The baseline computes the product's network on the product's samples."""

import torch

from coin_models.bench.baseline import OrdinaryForecaster, WindowDataset
from coin_models.models import network as numpy_network
from coin_models_tests.training import builders


def test_the_ordinary_way_computes_the_same_network() -> None:
    architecture = builders.architecture()
    module = OrdinaryForecaster(architecture, builders.TRAINING, num_steps=10).eval()
    weights = {}
    for name, parameter in module.named_parameters():
        value = parameter.detach().numpy()
        weights[name] = value.T if name.endswith("weight") else value
    x = torch.randn(5, architecture.num_inputs)

    ordinary = module(x).detach()

    expected = numpy_network.forward(architecture, weights, x.numpy())
    torch.testing.assert_close(ordinary, torch.from_numpy(expected), rtol=1e-4, atol=1e-5)


def test_the_ordinary_dataset_gives_the_window_that_ends_at_the_sample() -> None:
    coin = builders.coin_task("AAA")
    dataset = WindowDataset(coin, window=4)

    x, y = dataset[10]

    assert x.shape == (16,)
    assert y == coin.targets[coin.split.train_index[10]]

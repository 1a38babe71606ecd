"""The hand-written forward and backward passes against autograd and against the numpy forecast."""

import numpy as np
import pytest
import torch

from coin_models.models import network as numpy_network
from coin_models.training.fit import network
from coin_models.training.fit.quantile_head import QuantileHead
from coin_models_tests.training.builders import architecture
from coin_models_tests.training.fit.parameters import random_parameters

NUM_INPUTS = architecture().num_inputs


def reference(p: dict[str, torch.Tensor], x: torch.Tensor, masks: list[torch.Tensor], dropout: float) -> torch.Tensor:
    """The same network as anyone would write it, (C, Q, B)."""
    h = torch.relu(x @ p["input.weight"] + p["input.bias"].unsqueeze(1))
    for i in range(2):
        z = torch.relu(h @ p[f"blocks.{i}.inner.weight"] + p[f"blocks.{i}.inner.bias"].unsqueeze(1))
        h = h + (z * masks[i] / (1 - dropout) if masks else z) @ p[f"blocks.{i}.outer.weight"]
    return (h @ p["head.weight"] + p["head.bias"].unsqueeze(1)).mT


def random_masks(num_coins: int, batch: int, dropout: float) -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(2)
    shape = (num_coins, batch, 16)
    return [(torch.rand(shape, generator=generator) >= dropout).double() for _ in range(2)]


@pytest.mark.parametrize("dropout", [0.0, 0.4])
def test_every_gradient_is_the_one_autograd_finds(dropout: float) -> None:
    parameters = random_parameters(3)
    x = torch.randn(3, 7, NUM_INPUTS, dtype=torch.float64)
    g = torch.randn(3, 3, 7, dtype=torch.float64)
    masks = random_masks(3, 7, dropout) if dropout else []
    gradients = {name: torch.empty_like(value) for name, value in parameters.items()}

    scratch = network.Scratch()
    o, saved = network.forward(parameters, x, scratch, masks, dropout)
    network.backward(parameters, saved, scratch, g, gradients)
    leaves = {name: value.clone().requires_grad_() for name, value in parameters.items()}
    expected_o = reference(leaves, x, masks, dropout)
    expected_o.backward(g)

    torch.testing.assert_close(o, expected_o.detach())
    for name, leaf in leaves.items():
        torch.testing.assert_close(gradients[name], leaf.grad, msg=lambda text, name=name: f"{name}: {text}")


def test_the_torch_network_and_the_numpy_forecast_agree() -> None:
    parameters = random_parameters(2, torch.float32)
    x = torch.randn(2, 9, NUM_INPUTS)

    q = QuantileHead((0.1, 0.5, 0.9), 0.3, torch.device("cpu")).quantiles(
        network.forward(parameters, x, network.Scratch())[0]
    )
    expected = [
        numpy_network.forward(architecture(), {n: v[c].numpy() for n, v in parameters.items()}, x[c].numpy())
        for c in range(2)
    ]

    np.testing.assert_allclose(q.mT.numpy(), np.stack(expected), rtol=1e-4, atol=1e-5)

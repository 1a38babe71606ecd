"""The hand-written forward and backward passes against autograd and against the numpy forecast."""

from collections.abc import Callable

import numpy as np
import pytest
import torch

from coin_models.registry import forward_pass as numpy_network
from coin_models.training.fit import network
from coin_models.training.fit.layout import ParameterLayout
from coin_models.training.fit.quantile_head import QuantileHead, raw_outputs, steps_matrix
from coin_models_tests.training.builders import architecture

SHAPES = architecture().parameter_shapes()
NUM_INPUTS = architecture().num_inputs


def random_parameters(num_coins: int, dtype: torch.dtype = torch.float64) -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    return {n: torch.randn(num_coins, *s, generator=generator, dtype=dtype) * 0.3 for n, s in SHAPES.items()}


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


def head_loss(head: QuantileHead, y: torch.Tensor) -> Callable[[torch.Tensor], torch.Tensor]:
    return lambda o: head.pinball(head.quantiles(o), y).mean(1).sum()


@pytest.mark.parametrize("levels", [(0.1, 0.5, 0.9), (0.05, 0.25, 0.5, 0.75, 0.95)])
def test_the_gradient_of_the_pinball_loss_is_the_one_autograd_finds(levels: tuple[float, ...]) -> None:
    head = QuantileHead(levels, 0.3, torch.device("cpu"))
    o, y = torch.randn(2, len(levels), 11), torch.randn(2, 11)
    leaf = o.clone().requires_grad_()

    loss, gradient = head.loss_and_gradient(o, y)
    expected = sum(head.pinball(_quantiles(leaf, levels), y).mean(1))
    expected.backward()

    torch.testing.assert_close(loss.sum(), expected.detach())
    torch.testing.assert_close(gradient, leaf.grad)


def _quantiles(o: torch.Tensor, levels: tuple[float, ...]) -> torch.Tensor:
    median = levels.index(0.5)
    step = torch.nn.functional.softplus(o)
    rows = {median: 0.3 * o[:, median]}
    for k in range(median + 1, len(levels)):
        rows[k] = rows[k - 1] + step[:, k]
    for k in range(median - 1, -1, -1):
        rows[k] = rows[k + 1] - step[:, k]
    return torch.stack([rows[k] for k in range(len(levels))], 1)


def test_pinball_weighs_an_outcome_above_the_quantile_by_its_level() -> None:
    head = QuantileHead((0.1, 0.5, 0.9), 1.0, torch.device("cpu"))
    q = torch.tensor([[[-1.0], [0.0], [1.0]]])

    loss = head.pinball(q, torch.tensor([[2.0]]))

    # Errors 3, 2, 1 at levels 0.1, 0.5, 0.9: (0.3 + 1.0 + 0.9) / 3.
    assert loss.item() == pytest.approx(2.2 / 3)


def test_steps_add_up_from_the_median_outwards() -> None:
    matrix = steps_matrix(5, 2)

    # Steps 1, 2 below and 3, 4 above a median of 10: 10-2-1, 10-2, 10, 10+3, 10+3+4.
    np.testing.assert_allclose(matrix @ np.array([1.0, 2.0, 10.0, 3.0, 4.0]), [7, 8, 10, 13, 17])


def test_raw_outputs_of_quantiles_give_those_quantiles_back() -> None:
    wanted = np.array([-1.7, -0.1, 1.2])
    raw = torch.from_numpy(raw_outputs(wanted, 1, 0.3)).reshape(1, 3, 1)

    quantiles = QuantileHead((0.1, 0.5, 0.9), 0.3, torch.device("cpu")).quantiles(raw)

    np.testing.assert_allclose(quantiles.flatten().numpy(), wanted, rtol=1e-5)


def test_packed_parameters_come_back_as_they_were() -> None:
    layout = ParameterLayout(SHAPES)
    coins = [{n: v[c].numpy() for n, v in random_parameters(2, torch.float32).items()} for c in range(2)]

    decayed, plain = layout.pack(coins)
    unpacked = layout.unpack(decayed, plain, 1)

    assert list(unpacked) == list(SHAPES)
    for name, value in coins[1].items():
        np.testing.assert_array_equal(unpacked[name], value)


def test_only_hidden_weights_are_decayed() -> None:
    layout = ParameterLayout(SHAPES)

    # 4 candles x 4 features x 16 wide, and two blocks of two 16 x 16 matrices.
    assert layout.num_decayed == 16 * 16 + 4 * 16 * 16
    # Biases 16 each of input and two inner layers, head 16 x 3 and 3 (rounded up to whole cache lines).
    assert layout.num_plain == 16 + 16 + 16 + 48 + 16

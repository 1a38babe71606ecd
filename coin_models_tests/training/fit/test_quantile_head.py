"""Quantiles that never cross and their pinball loss, against autograd and manually calculated numbers."""

import numpy as np
import pytest
import torch

from coin_models.training.fit.quantile_head import QuantileHead, raw_outputs, steps_matrix


@pytest.mark.parametrize("levels", [(0.1, 0.5, 0.9), (0.05, 0.25, 0.5, 0.75, 0.95)])
def test_the_gradient_of_the_pinball_loss_is_the_one_autograd_finds(levels: tuple[float, ...]) -> None:
    head = QuantileHead(levels, 0.3, torch.device("cpu"))
    o, y = torch.randn(2, len(levels), 11), torch.randn(2, 11)
    leaf = o.clone().requires_grad_()

    loss, gradient = head.loss_and_gradient(o, y)
    expected = head.pinball(_quantiles(leaf, levels), y).mean(1).sum()
    expected.backward()  # type: ignore[no-untyped-call]

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

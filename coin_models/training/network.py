# ruff: noqa: N803, N815 - tensor shapes are suffixes
"""The residual dense network of a whole cohort, forward and backward: every tensor carries a leading coin dimension.

Belongs here: the arithmetic between flattened windows and the head's raw outputs. Not here: the loss, the optimiser, data.
The backward pass is written out because autograd's bookkeeping and its extra elementwise kernels cost as much as the
small matrix products themselves; the tests hold it against autograd, in double precision.

Shapes: C coins, B samples, I inputs (window x features), H width, E inner width, Q quantiles.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch

Parameters = Mapping[str, torch.Tensor]


@dataclass(frozen=True, slots=True, kw_only=True)
class Activations:
    """What the backward pass needs of the forward pass."""

    x_CBI: torch.Tensor
    hidden: list[torch.Tensor]  # (C, B, H), before each block and after the last
    inner: list[torch.Tensor]  # (C, B, E), after relu and dropout
    keep: float  # share of the inner units that dropout keeps


def num_blocks(parameters: Parameters) -> int:
    """Number of residual blocks that these parameters have."""
    return sum(name.endswith(".outer.weight") for name in parameters)


def forward(
    parameters: Parameters, x_CBI: torch.Tensor, masks: Sequence[torch.Tensor] = (), dropout: float = 0.0
) -> tuple[torch.Tensor, Activations]:
    """The head's raw outputs (C, Q, B), and what `backward` needs.

    Args:
        parameters: views by name, (C, *shape), biases (C, n).
        x_CBI: flattened scaled windows.
        masks: one (C, B, E) per block with values 0 and 1 / (1 - dropout); none: no dropout.
        dropout: the rate behind `masks`.
    """
    p = parameters
    hidden = [torch.baddbmm(p["input.bias"].unsqueeze(1), x_CBI, p["input.weight"]).relu_()]
    inner = []
    for i in range(num_blocks(p)):
        h_CBH = hidden[-1]
        z_CBE = torch.baddbmm(p[f"blocks.{i}.inner.bias"].unsqueeze(1), h_CBH, p[f"blocks.{i}.inner.weight"]).relu_()
        if masks:
            z_CBE.mul_(masks[i])
        inner.append(z_CBE)
        hidden.append(torch.baddbmm(h_CBH, z_CBE, p[f"blocks.{i}.outer.weight"]))
    o_CQB = torch.baddbmm(p["head.bias"].unsqueeze(2), p["head.weight"].mT, hidden[-1].mT)
    return o_CQB, Activations(x_CBI=x_CBI, hidden=hidden, inner=inner, keep=1.0 - dropout if masks else 1.0)


def backward(parameters: Parameters, saved: Activations, g_CQB: torch.Tensor, gradients: Parameters) -> None:
    """Writes the gradient of every parameter into `gradients`, views shaped like `parameters`.

    Args:
        parameters: those of the forward pass.
        saved: what it returned.
        g_CQB: the gradient of the loss by the head's raw outputs.
        gradients: overwritten, not added to.
    """
    p, g = parameters, gradients
    torch.bmm(saved.hidden[-1].mT, g_CQB.mT, out=g["head.weight"])
    torch.sum(g_CQB, 2, out=g["head.bias"])
    g_CBH = torch.bmm(g_CQB.mT, p["head.weight"].mT)
    for i in reversed(range(num_blocks(p))):
        h_CBH, z_CBE = saved.hidden[i], saved.inner[i]
        torch.bmm(z_CBE.mT, g_CBH, out=g[f"blocks.{i}.outer.weight"])
        outer_CHE = p[f"blocks.{i}.outer.weight"].mT
        # Where relu or dropout closed the unit z is 0; where both left it open the chain rule gives 1 / keep.
        gz_CBE = torch.baddbmm(z_CBE, g_CBH, outer_CHE, beta=0, alpha=1 / saved.keep)
        gz_CBE = torch.ops.aten.threshold_backward(gz_CBE, z_CBE, 0)
        torch.bmm(h_CBH.mT, gz_CBE, out=g[f"blocks.{i}.inner.weight"])
        torch.sum(gz_CBE, 1, out=g[f"blocks.{i}.inner.bias"])
        g_CBH = torch.baddbmm(g_CBH, gz_CBE, p[f"blocks.{i}.inner.weight"].mT)
    g_CBH = torch.ops.aten.threshold_backward(g_CBH, saved.hidden[0], 0)
    torch.bmm(saved.x_CBI.mT, g_CBH, out=g["input.weight"])
    torch.sum(g_CBH, 1, out=g["input.bias"])

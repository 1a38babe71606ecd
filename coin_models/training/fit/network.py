# ruff: noqa: N803, N815 - tensor shapes are suffixes
"""The residual dense network of a whole cohort, forward and backward: every tensor has a leading coin dimension.

The backward pass is written out, and its intermediate tensors are kept from step to step, because autograd's
bookkeeping and the page faults of fresh memory cost as much as the small matrix products themselves. Tests compare it
with autograd, in double precision.

Shapes: C coins, B samples, I inputs (window x features), H width, E inner width, Q quantiles.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch

Parameters = Mapping[str, torch.Tensor]


class Scratch:
    """Named tensors that are reused as long as their shape stays the same."""

    def __init__(self) -> None:
        self._tensors: dict[str, torch.Tensor] = {}

    def like(self, name: str, shape: Sequence[int], model: torch.Tensor) -> torch.Tensor:
        """The tensor of that name, its content undefined, with dtype and device of `model`."""
        found = self._tensors.get(name)
        if found is None or found.shape != torch.Size(shape):
            found = self._tensors[name] = model.new_empty(shape)
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Activations:
    """What the backward pass needs of the forward pass; valid until the next forward pass with the same scratch."""

    x_CBI: torch.Tensor
    hidden: list[torch.Tensor]  # (C, B, H), before each block and after the last
    inner: list[torch.Tensor]  # (C, B, E), after relu and dropout, not yet scaled by 1 / keep
    outer: list[torch.Tensor]  # (C, E, H), weights scaled by 1 / keep
    keep: float  # share of the inner units that dropout keeps


def num_blocks(parameters: Parameters) -> int:
    """Number of residual blocks that these parameters have."""
    return sum(name.endswith(".outer.weight") for name in parameters)


def forward(
    parameters: Parameters,
    x_CBI: torch.Tensor,
    scratch: Scratch,
    masks: Sequence[torch.Tensor] = (),
    dropout: float = 0.0,
) -> tuple[torch.Tensor, Activations]:
    """The head's raw outputs (C, Q, B), and what `backward` needs.

    Args:
        parameters: views by name, (C, *shape), biases (C, n).
        x_CBI: flattened scaled windows.
        scratch: where intermediate tensors live.
        masks: one (C, B, E) per block, 0 where a unit is dropped and 1 elsewhere; none: no dropout.
        dropout: the rate behind `masks`; what is kept is scaled by 1 / (1 - dropout).
    """
    p, keep = parameters, 1.0 - dropout if masks else 1.0
    shape_CBH = (*x_CBI.shape[:2], p["input.bias"].shape[1])
    hidden, inner, outer = [scratch.like("hidden", shape_CBH, x_CBI)], [], []
    torch.baddbmm(p["input.bias"].unsqueeze(1), x_CBI, p["input.weight"], out=hidden[0]).relu_()
    for i in range(num_blocks(p)):
        h_CBH, bias_C1E = hidden[-1], p[f"blocks.{i}.inner.bias"].unsqueeze(1)
        z_CBE = scratch.like(f"inner.{i}", (*x_CBI.shape[:2], bias_C1E.shape[2]), x_CBI)
        torch.baddbmm(bias_C1E, h_CBH, p[f"blocks.{i}.inner.weight"], out=z_CBE).relu_()
        if masks:
            z_CBE.mul_(masks[i])
        # The weights are scaled rather than the activations: they are a hundred times fewer.
        outer_CEH = p[f"blocks.{i}.outer.weight"] / keep
        next_CBH = scratch.like(f"hidden.{i}", shape_CBH, x_CBI)
        torch.baddbmm(h_CBH, z_CBE, outer_CEH, out=next_CBH)
        inner.append(z_CBE)
        outer.append(outer_CEH)
        hidden.append(next_CBH)
    o_CQB = torch.baddbmm(p["head.bias"].unsqueeze(2), p["head.weight"].mT, hidden[-1].mT)
    return o_CQB, Activations(x_CBI=x_CBI, hidden=hidden, inner=inner, outer=outer, keep=keep)


def backward(
    parameters: Parameters, saved: Activations, scratch: Scratch, g_CQB: torch.Tensor, gradients: Parameters
) -> None:
    """Writes the gradient of every parameter into `gradients`, views shaped like `parameters`.

    Args:
        parameters: those of the forward pass.
        saved: what it returned.
        scratch: the same as there.
        g_CQB: the gradient of the loss by the head's raw outputs.
        gradients: overwritten, not added to.
    """
    p, g = parameters, gradients
    g["head.weight"].copy_(torch.bmm(g_CQB, saved.hidden[-1]).mT)  # ten times quicker than the transposed product
    torch.sum(g_CQB, 2, out=g["head.bias"])
    g_CBH = scratch.like("gradient", saved.hidden[-1].shape, g_CQB)
    torch.bmm(g_CQB.mT, p["head.weight"].mT, out=g_CBH)
    for i in reversed(range(num_blocks(p))):
        h_CBH, z_CBE = saved.hidden[i], saved.inner[i]
        torch.bmm(z_CBE.mT, g_CBH, out=g[f"blocks.{i}.outer.weight"])
        g[f"blocks.{i}.outer.weight"].div_(saved.keep)
        gz_CBE = scratch.like("inner gradient", z_CBE.shape, g_CQB)
        torch.bmm(g_CBH, saved.outer[i].mT, out=gz_CBE)
        _close(gz_CBE, z_CBE)
        torch.bmm(h_CBH.mT, gz_CBE, out=g[f"blocks.{i}.inner.weight"])
        torch.sum(gz_CBE, 1, out=g[f"blocks.{i}.inner.bias"])
        g_CBH.baddbmm_(gz_CBE, p[f"blocks.{i}.inner.weight"].mT)
    _close(g_CBH, saved.hidden[0])
    torch.bmm(saved.x_CBI.mT, g_CBH, out=g["input.weight"])
    torch.sum(g_CBH, 1, out=g["input.bias"])


def _close(gradient: torch.Tensor, activation: torch.Tensor) -> None:
    """Sets the gradient to zero, in place, where relu or dropout closed the unit."""
    torch.ops.aten.threshold_backward.grad_input(gradient, activation, 0, grad_input=gradient)

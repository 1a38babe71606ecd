"""The flat layout of a cohort's parameters: all coins' weights in two tensors, each parameter a view of one of them.

Flat, because optimiser, checkpoint and best-epoch copy then touch two tensors instead of a dozen; two, because AdamW's
weight decay applies to the hidden weights only.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod

import numpy as np
import torch

_ALIGNMENT = 16  # float32 values, 64 bytes: a coin's slice begins on a cache line whatever its place in the cohort


@dataclass(frozen=True, slots=True, kw_only=True)
class _Slot:
    start: int
    shape: tuple[int, ...]

    @property
    def stop(self) -> int:
        return self.start + prod(self.shape)


class ParameterLayout:
    """Where each named parameter lies in the tensors `decayed` (C, D) and `plain` (C, P)."""

    def __init__(self, shapes: Mapping[str, tuple[int, ...]]) -> None:
        """Lays the parameters out in the order given; `shapes` are those of one coin."""
        self._slots: dict[str, tuple[int, _Slot]] = {}
        sizes = [0, 0]
        for name, shape in shapes.items():
            which = 0 if is_decayed(name) else 1
            slot = _Slot(start=sizes[which], shape=shape)
            self._slots[name] = (which, slot)
            sizes[which] = -(-slot.stop // _ALIGNMENT) * _ALIGNMENT
        self.num_decayed, self.num_plain = sizes
        self.num_parameters = sum(prod(shape) for shape in shapes.values())

    def views(self, decayed: torch.Tensor, plain: torch.Tensor) -> dict[str, torch.Tensor]:
        """Every parameter by name, (C, *shape), sharing memory with the flat tensors."""
        tensors = (decayed, plain)
        return {
            name: tensors[which][:, slot.start : slot.stop].view(-1, *slot.shape)
            for name, (which, slot) in self._slots.items()
        }

    def pack(self, coins: list[Mapping[str, np.ndarray]]) -> tuple[torch.Tensor, torch.Tensor]:
        """The flat tensors that hold these coins' parameters, one mapping per coin, float32 on the CPU."""
        decayed, plain = torch.zeros(len(coins), self.num_decayed), torch.zeros(len(coins), self.num_plain)
        for name, view in self.views(decayed, plain).items():
            for index, parameters in enumerate(coins):
                view[index].copy_(torch.from_numpy(np.asarray(parameters[name], dtype=np.float32)))
        return decayed, plain

    def unpack(self, decayed: torch.Tensor, plain: torch.Tensor, index: int) -> dict[str, np.ndarray]:
        """One coin's parameters by name, as arrays of their own."""
        views = self.views(decayed[index : index + 1].cpu(), plain[index : index + 1].cpu())
        return {name: view[0].numpy().copy() for name, view in views.items()}


def is_decayed(name: str) -> bool:
    """Whether AdamW's weight decay applies: to hidden weights, not to biases nor to the head."""
    return name.endswith(".weight") and not name.startswith("head.")

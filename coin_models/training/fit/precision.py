"""The parameters and gradients of a step: the trained ones themselves, or a copy in lower precision.

The trained parameters, their moments and every validation stay in float32 in either case.
"""

import torch

from coin_models.settings.training import TrainingSettings
from coin_models.training.fit.layout import ParameterLayout

_DTYPES = {"float32": torch.float32, "tf32": torch.float32, "bf16": torch.bfloat16}


class WorkingParameters:
    """Views by name of the parameters and gradients of a step."""

    def __init__(
        self, layout: ParameterLayout, decayed: torch.Tensor, plain: torch.Tensor, training: TrainingSettings
    ) -> None:
        self.dtype = _DTYPES[training.precision]
        self._trained = (decayed, plain)
        self._is_copy = self.dtype != decayed.dtype
        self._flat = tuple(tensor.to(self.dtype) for tensor in self._trained)  # the same tensors in float32
        self._flat_gradients = tuple(torch.zeros_like(tensor) for tensor in self._flat)
        self._gradients = tuple(torch.zeros_like(tensor) for tensor in self._trained) if self._is_copy else None
        self.parameters = layout.views(self._flat[0], self._flat[1])
        self.gradients = layout.views(self._flat_gradients[0], self._flat_gradients[1])

    def refresh(self) -> None:
        """Follows the trained parameters after the optimiser moved them."""
        if self._is_copy:
            for copy, trained in zip(self._flat, self._trained, strict=True):
                copy.copy_(trained)

    def flat_gradients(self) -> tuple[torch.Tensor, ...]:
        """The gradients in the precision of the trained parameters."""
        if self._gradients is None:
            return self._flat_gradients
        for gradient, computed in zip(self._gradients, self._flat_gradients, strict=True):
            gradient.copy_(computed)
        return self._gradients

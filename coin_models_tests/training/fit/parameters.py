"""Random parameters of some coins' networks."""

import torch

from coin_models_tests.training.builders import architecture

PARAMETER_SHAPES = architecture().parameter_shapes()


def random_parameters(num_coins: int, dtype: torch.dtype = torch.float64) -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    return {n: torch.randn(num_coins, *s, generator=generator, dtype=dtype) * 0.3 for n, s in PARAMETER_SHAPES.items()}

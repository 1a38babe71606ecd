"""Where each parameter lies in the flat tensors."""

import numpy as np
import torch

from coin_models.training.fit.layout import ParameterLayout
from coin_models_tests.training.fit.parameters import PARAMETER_SHAPES, random_parameters


def test_packed_parameters_come_back_as_they_were() -> None:
    layout = ParameterLayout(PARAMETER_SHAPES)
    coins = [{n: v[c].numpy() for n, v in random_parameters(2, torch.float32).items()} for c in range(2)]

    decayed, plain = layout.pack(coins)
    unpacked = layout.unpack(decayed, plain, 1)

    assert list(unpacked) == list(PARAMETER_SHAPES)
    for name, value in coins[1].items():
        np.testing.assert_array_equal(unpacked[name], value)


def test_only_hidden_weights_are_decayed() -> None:
    layout = ParameterLayout(PARAMETER_SHAPES)

    # 4 candles x 4 features x 16 wide, and two blocks of two 16 x 16 matrices.
    assert layout.num_decayed == 16 * 16 + 4 * 16 * 16
    # Biases 16 each of input and two inner layers, head 16 x 3 and 3 (rounded up to whole cache lines).
    assert layout.num_plain == 16 + 16 + 16 + 48 + 16

"""The parameters of a step, in full or in lower precision."""

import torch

from coin_models.training.fit.layout import ParameterLayout
from coin_models.training.fit.precision import WorkingParameters
from coin_models_tests.training import builders
from coin_models_tests.training.fit.parameters import PARAMETER_SHAPES

LAYOUT = ParameterLayout(PARAMETER_SHAPES)


def working(precision: str) -> tuple[WorkingParameters, torch.Tensor, torch.Tensor]:
    decayed, plain = torch.ones(2, LAYOUT.num_decayed), torch.ones(2, LAYOUT.num_plain)
    training = builders.TRAINING.model_copy(update={"precision": precision})
    return WorkingParameters(LAYOUT, decayed, plain, training), decayed, plain


def test_in_float32_a_step_works_on_the_trained_parameters_themselves() -> None:
    parameters, decayed, _ = working("float32")
    decayed.fill_(3.0)

    assert parameters.parameters["input.weight"].unique().tolist() == [3.0]
    assert parameters.gradients["input.weight"].dtype == torch.float32


def test_in_bf16_a_step_works_on_a_copy_that_follows_when_it_is_refreshed() -> None:
    parameters, decayed, _ = working("bf16")
    decayed.fill_(3.0)
    before = parameters.parameters["input.weight"].unique().tolist()
    parameters.refresh()

    assert before == [1.0]
    assert parameters.parameters["input.weight"].unique().tolist() == [3.0]
    assert parameters.parameters["input.weight"].dtype == torch.bfloat16


def test_gradients_of_bf16_reach_the_optimiser_in_float32() -> None:
    parameters, _, _ = working("bf16")
    parameters.gradients["head.bias"].fill_(0.1)

    decayed, plain = parameters.flat_gradients()

    # 0.1 in bfloat16, of 8 bits, is 0.10009765625
    assert sorted(plain.unique().tolist()) == [0.0, 0.10009765625]
    assert decayed.abs().sum() == 0
    assert plain.dtype == torch.float32

"""The variables of launchers are hidden, and are there again afterwards."""

import os
from collections.abc import Mapping

import pytest

from coin_models.training.launchers import is_foreign, without_foreign_variables
from coin_models_tests.training.launchers import LAUNCHERS


@pytest.mark.parametrize("variables", LAUNCHERS.values(), ids=LAUNCHERS)
def test_every_variable_of_a_launcher_is_hidden_but_kubernetes_own(variables: Mapping[str, str]) -> None:
    assert [name for name in variables if not is_foreign(name)] == [name for name in variables if "KUBERNETES" in name]


def test_hidden_variables_are_there_again_afterwards() -> None:
    os.environ["SLURM_NTASKS"] = "4"
    try:
        with without_foreign_variables():
            inside = "SLURM_NTASKS" in os.environ

        assert (inside, os.environ["SLURM_NTASKS"]) == (False, "4")
    finally:
        del os.environ["SLURM_NTASKS"]


@pytest.mark.parametrize("name", ["PATH", "CUDA_VISIBLE_DEVICES", "COIN_MODELS_HOME", "AWS_PROFILE", "OMP_NUM_THREADS"])
def test_other_variables_stay(name: str) -> None:
    assert not is_foreign(name)

"""The trainer's process: launchers' variables have no effect, and one arithmetic is requested."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

import coin_models
from coin_models.training.process import is_foreign, without_foreign_variables

SLURM = {
    "SLURM_JOB_ID": "1",
    "SLURM_JOB_NAME": "batch",
    "SLURM_NTASKS": "4",
    "SLURM_PROCID": "3",
    "SLURM_LOCALID": "3",
    "SLURM_NODEID": "0",
}
TORCHRUN = {
    "RANK": "1",
    "LOCAL_RANK": "1",
    "WORLD_SIZE": "4",
    "LOCAL_WORLD_SIZE": "4",
    "GROUP_RANK": "0",
    "MASTER_ADDR": "nowhere.invalid",
    "MASTER_PORT": "1",
    "TORCHELASTIC_RUN_ID": "x",
}
KUBEFLOW = {"KUBERNETES_PORT": "tcp://10.0.0.1", "MASTER_ADDR": "a", "MASTER_PORT": "x", "WORLD_SIZE": "2", "RANK": "1"}
LAUNCHERS: Mapping[str, Mapping[str, str]] = {
    "an allocation of Slurm": SLURM,
    "torchrun": TORCHRUN,
    "Kubeflow": KUBEFLOW,
    "a rank that is no number": {"RANK": "abc", "LOCAL_RANK": "abc", "NODE_RANK": "abc"},
    "arguments of Lightning": {"PL_TRAINER_MAX_STEPS": "1", "PL_TRAINER_FAST_DEV_RUN": "1", "PL_GLOBAL_SEED": "abc"},
    "LSF and MPI": {
        "LSB_JOBID": "1",
        "LSB_DJOB_RANKFILE": "/nowhere",
        "OMPI_COMM_WORLD_RANK": "1",
        "JSM_NAMESPACE_RANK": "x",
    },
    "torch.distributed": {"TORCH_DISTRIBUTED_DEBUG": "abc"},
}
TOGETHER: Mapping[str, tuple[str, ...]] = {
    "batch systems and Lightning's own": (
        "an allocation of Slurm",
        "LSF and MPI",
        "arguments of Lightning",
        "torch.distributed",
    ),
    "Kubeflow and ranks that are no number": ("torchrun", "Kubeflow", "a rank that is no number"),
}
"""One process for several launchers: each variable that is not hidden shows in it (to import torch takes six seconds)."""
# As a program of its own, because Lightning reads some of them when it is imported.
PROGRAM = """
import sys
from coin_models.training.process import import_training
import_training()
from coin_models_tests.training.second_process import digest_of_a_fit
print(digest_of_a_fit())
"""


def digest(variables: Mapping[str, str]) -> str:
    """Of the weights of a small fit in a process with these variables."""
    root = Path(coin_models.__file__).parents[1]
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env=dict(os.environ) | {"PYTHONPATH": str(root)} | variables,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.fixture(scope="module")
def plain() -> str:
    return digest({})


@pytest.mark.xdist_group("launchers")
@pytest.mark.parametrize("launchers", TOGETHER.values(), ids=TOGETHER)
def test_what_launchers_set_neither_stops_nor_changes_a_fit(launchers: tuple[str, ...], plain: str) -> None:
    variables = {name: value for launcher in launchers for name, value in LAUNCHERS[launcher].items()}

    assert digest(variables) == plain


def test_every_launcher_is_tried_in_some_process() -> None:
    assert sorted(launcher for launchers in TOGETHER.values() for launcher in launchers) == sorted(LAUNCHERS)


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

"""The trainer's process: launchers' variables have no effect, and one arithmetic is requested."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

import coin_models
from coin_models_tests.training.launchers import LAUNCHERS

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


@pytest.mark.parametrize("launchers", TOGETHER.values(), ids=TOGETHER)
def test_what_launchers_set_neither_stops_nor_changes_a_fit(launchers: tuple[str, ...], plain: str) -> None:
    variables = {name: value for launcher in launchers for name, value in LAUNCHERS[launcher].items()}

    assert digest(variables) == plain


def test_every_launcher_is_tried_in_some_process() -> None:
    assert sorted(launcher for launchers in TOGETHER.values() for launcher in launchers) == sorted(LAUNCHERS)

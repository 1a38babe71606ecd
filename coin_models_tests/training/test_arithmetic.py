"""The arithmetic in use is detected, recorded, and named where a fit continued under another one."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

import coin_models
from coin_models.training.arithmetic import arithmetic_of, extended
from coin_models_tests.training import builders

CPU = torch.device("cpu")

needs_mkl = pytest.mark.skipif(not torch.backends.mkl.is_available(), reason="this torch has no MKL to ask")


def second(folder: Path, *stop_after: str, mkl: str = "AUTO") -> dict[str, Any]:
    """What a process of its own came to, with this branch of MKL, in which it fits or continues."""
    done = subprocess.run(
        [sys.executable, "-m", "coin_models_tests.training.second_process", str(folder), *stop_after],
        env=dict(os.environ) | {"PYTHONPATH": str(Path(coin_models.__file__).parents[1]), "MKL_CBWR": mkl},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def test_the_text_names_device_torch_and_precision() -> None:
    text = arithmetic_of(builders.TRAINING, CPU)

    assert text.startswith("cpu ")
    assert f"torch {torch.__version__}" in text
    assert text.endswith("float32")


def test_an_arithmetic_is_added_only_where_it_differs_from_the_last_one() -> None:
    assert extended((), "a") == ("a",)
    assert extended(("a",), "a") == ("a",)
    assert extended(("a", "b"), "a") == ("a", "b", "a")


def test_a_fit_that_goes_on_under_the_same_arithmetic_names_it_once_and_has_the_same_bytes(tmp_path: Path) -> None:
    stopped = second(tmp_path / "cut", "5")

    resumed, whole = second(tmp_path / "cut"), second(tmp_path / "whole")

    assert "saved step 5" in stopped["stopped"]
    assert (resumed["resumed_from_step"], whole["resumed_from_step"]) == (5, None)
    assert resumed["arithmetic"] == whole["arithmetic"]
    assert len(whole["arithmetic"]) == 1
    assert resumed["digest"] == whole["digest"]


@needs_mkl
def test_a_fit_that_goes_on_under_another_arithmetic_ends_and_names_both(tmp_path: Path) -> None:
    second(tmp_path / "cut", "5", mkl="COMPATIBLE")

    resumed, whole = second(tmp_path / "cut"), second(tmp_path / "whole")

    assert resumed["resumed_from_step"] == 5
    assert "MKL compatible" in resumed["arithmetic"][0]
    assert resumed["arithmetic"][1:] == whole["arithmetic"]

"""The arithmetic in use is detected, recorded, and named where a fit continued under another one."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch

import coin_models
from coin_models.training.arithmetic import arithmetic_of, extended
from coin_models_tests.training import builders

CPU = torch.device("cpu")

needs_mkl = pytest.mark.skipif(not torch.backends.mkl.is_available(), reason="this torch has no MKL to ask")


def second(*fits: str, mkl: str = "AUTO") -> list[dict[str, Any]]:
    """What the fits of a process of its own came to, with this branch of MKL: each is begun or continued, in order."""
    done = subprocess.run(
        [sys.executable, "-m", "coin_models_tests.training.second_process", *fits],
        env=dict(os.environ) | {"PYTHONPATH": str(Path(coin_models.__file__).parents[1]), "MKL_CBWR": mkl},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return list(json.loads(done.stdout))


@dataclass(frozen=True, kw_only=True)
class Fits:
    """Two that were cut off after 5 steps, each in a process of its own, and what one further process made of them."""

    same_stopped: dict[str, Any]
    same_resumed: dict[str, Any]
    other_resumed: dict[str, Any]
    whole: dict[str, Any]


@pytest.fixture(scope="module")
def fits(tmp_path_factory: pytest.TempPathFactory) -> Fits:
    same, other, whole = (str(tmp_path_factory.mktemp(name)) for name in ("same", "other", "whole"))
    (same_stopped,) = second(f"{same}:5")
    second(f"{other}:5", mkl="COMPATIBLE")
    same_resumed, other_resumed, from_the_start = second(same, other, whole)
    return Fits(same_stopped=same_stopped, same_resumed=same_resumed, other_resumed=other_resumed, whole=from_the_start)


def test_the_text_names_device_torch_and_precision() -> None:
    text = arithmetic_of(builders.TRAINING, CPU)

    assert text.startswith("cpu ")
    assert f"torch {torch.__version__}" in text
    assert text.endswith("float32")


def test_an_arithmetic_is_added_only_where_it_differs_from_the_last_one() -> None:
    assert extended((), "a") == ("a",)
    assert extended(("a",), "a") == ("a",)
    assert extended(("a", "b"), "a") == ("a", "b", "a")


def test_a_fit_that_goes_on_under_the_same_arithmetic_names_it_once_and_has_the_same_bytes(fits: Fits) -> None:
    resumed, whole = fits.same_resumed, fits.whole

    assert "saved step 5" in fits.same_stopped["stopped"]
    assert (resumed["resumed_from_step"], whole["resumed_from_step"]) == (5, None)
    assert resumed["arithmetic"] == whole["arithmetic"]
    assert len(whole["arithmetic"]) == 1
    assert resumed["digest"] == whole["digest"]


@needs_mkl
def test_a_fit_that_goes_on_under_another_arithmetic_ends_and_names_both(fits: Fits) -> None:
    resumed = fits.other_resumed

    assert resumed["resumed_from_step"] == 5
    assert "MKL compatible" in resumed["arithmetic"][0]
    assert resumed["arithmetic"][1:] == fits.whole["arithmetic"]

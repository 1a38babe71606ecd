"""The choices of a fit that depend on the machine: device, threads, shards, coins per cohort.

They decide no result.
"""

import os
from pathlib import Path
from typing import Final

import torch

from coin_models.errors import SettingsError
from coin_models.settings.training import TrainingSettings
from coin_models.training.cores import usable_cores
from coin_models.training.fit.rounding import set_rounding

_CPU_COHORT = 12  # more costs memory, of two cohorts at a time, and saves 2 % of the CPU time (docs/speed.md)
_LARGEST_CPU_COHORT = 20  # where there are threads for them: each fits its own coins
_CUDA_COHORT = 64
_GPUS: Final = Path("/proc/driver/nvidia/gpus")


def choose_device(training: TrainingSettings, *, gpus: Path = _GPUS) -> torch.device:
    """The device that the settings request.

    Args:
        training: the settings.
        gpus: the folder in which NVIDIA's driver lists GPUs.

    Raises:
        SettingsError: CUDA was requested, and there is none; or `auto` would train on the processor of a machine that
            has a GPU, at its price.
    """
    has_cuda = training.accelerator != "cpu" and torch.cuda.is_available()
    if training.accelerator == "cuda" and not has_cuda:
        raise SettingsError("training.accelerator is 'cuda', but torch finds no CUDA device; use 'auto' or 'cpu'")
    if training.accelerator == "auto" and not has_cuda and gpus.is_dir() and any(gpus.iterdir()):
        build = "a CPU build" if torch.version.cuda is None else f"built for CUDA {torch.version.cuda}"
        raise SettingsError(
            f"this machine has an NVIDIA GPU, and torch {torch.__version__} ({build}) cannot use it; install a CUDA build of "
            "torch that fits the driver, or set training.accelerator to 'cpu' to train on the processor"
        )
    return torch.device("cuda", 0) if has_cuda else torch.device("cpu")


def choose_num_threads(training: TrainingSettings) -> int:
    """CPU threads of the fit: as set, or the cores this process may use, its container's quota included."""
    return training.num_threads or usable_cores()


def choose_cohort_size(training: TrainingSettings) -> int:
    """Coins fitted together: as set, or by the device and the threads."""
    if training.cohort_size:
        return training.cohort_size
    if choose_device(training).type == "cuda":
        return _CUDA_COHORT
    return max(_CPU_COHORT, min(choose_num_threads(training), _LARGEST_CPU_COHORT))


def choose_num_shards(training: TrainingSettings, device: torch.device, num_coins: int) -> int:
    """Shards that the coins are dealt out to: one per thread on a CPU, one in all on CUDA."""
    return 1 if device.type == "cuda" else min(choose_num_threads(training), num_coins)


def prepare(training: TrainingSettings, device: torch.device) -> None:
    """Sets the arithmetic of this process for a fit on the device.

    On CUDA, cuBLAS needs a fixed workspace for equal bytes, which it reads from the environment when it is first used.
    """
    if device.type == "cuda":
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    set_rounding(training)
    # A guard for debugging: it would fill every new tensor.
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]

"""The choices of a fit that depend on the machine: device, threads, shards, coins per cohort.

They decide no result.
"""

import os

import torch

from coin_models.errors import SettingsError
from coin_models.settings.training import TrainingSettings
from coin_models.training.fit.rounding import set_rounding

_CPU_COHORT = 20  # beyond the cost of a step's overhead nothing is gained; a checkpoint grows with it
_CUDA_COHORT = 64


def choose_device(training: TrainingSettings) -> torch.device:
    """The device that the settings request.

    Raises:
        SettingsError: CUDA was requested, and there is none.
    """
    has_cuda = training.accelerator != "cpu" and torch.cuda.is_available()
    if training.accelerator == "cuda" and not has_cuda:
        raise SettingsError("training.accelerator is 'cuda', but torch finds no CUDA device; use 'auto' or 'cpu'")
    return torch.device("cuda", 0) if has_cuda else torch.device("cpu")


def choose_num_threads(training: TrainingSettings) -> int:
    """CPU threads of the fit: as set, or the cores this process may use."""
    return training.num_threads or len(os.sched_getaffinity(0))


def choose_cohort_size(training: TrainingSettings) -> int:
    """Coins fitted together: as set, or by the device."""
    return training.cohort_size or (_CUDA_COHORT if choose_device(training).type == "cuda" else _CPU_COHORT)


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

"""What of a fit depends on the machine: device, threads, coins per cohort, arithmetic.

Belongs here: those choices. Not here: anything that decides a result, save `precision`, which is in the fingerprint.
"""

import os

import torch

from coin_models.errors import SettingsError
from coin_models.settings.training import TrainingSettings

_CPU_COHORT = 20  # beyond the cost of a step's overhead nothing is gained; a checkpoint grows with it
_CUDA_COHORT = 64


def choose_device(training: TrainingSettings) -> torch.device:
    """The device that the settings ask for.

    Raises:
        SettingsError: CUDA was asked for, and there is none.
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


def prepare(training: TrainingSettings, device: torch.device) -> int:
    """Sets threads and arithmetic of this process; returns the number of threads that share the coins out.

    Each kernel runs in one thread, so that bytes do not depend on the number of threads. On CUDA, cuBLAS needs a fixed
    workspace for equal bytes, which it reads from the environment when it is first used.
    """
    if device.type == "cuda":
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    # A guard for debugging: it would fill every new tensor.
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
    torch.backends.cuda.matmul.allow_tf32 = training.precision == "tf32"
    return choose_num_threads(training)

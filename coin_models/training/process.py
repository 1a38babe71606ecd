"""Prepares this process for training: requests one arithmetic and ignores the variables of launchers.

Does so before torch and Lightning are imported, and holds the one way to import them. Nothing here imports torch.

A batch system or a launcher sets variables for the programs it starts: a rank, a number of tasks, an address. Lightning
reads them when it is imported and when a Trainer is made, and believes that it is one of several processes. We are one.
"""

import importlib
import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

ARITHMETIC = {"MKL_CBWR": "AVX2", "ATEN_CPU_CAPABILITY": "avx2"}
"""One code path on every x86 with AVX2, as far as the libraries allow it (ADR 0085); what is set already stays."""

_FOREIGN = frozenset(
    {
        "RANK",
        "WORLD_SIZE",
        "NODE_RANK",
        "GROUP_RANK",
        "STANDALONE_PORT",
        "TORCH_DISTRIBUTED_DEBUG",
        "NVIDIA_TF32_OVERRIDE",
    }
)
_FOREIGN_BEGINNINGS = ("SLURM_", "LOCAL_", "MASTER_", "PL_", "LT_", "TORCHELASTIC_", "JSM_", "LSB_", "OMPI_", "PMI_")


def ask_for_arithmetic(processor_flags: frozenset[str] | None = None) -> None:
    """Asks MKL and ATen for their AVX2 kernels, where the processor has them; before torch is imported."""
    flags = _processor_flags() if processor_flags is None else processor_flags
    if {"avx2", "fma"} <= flags:
        for name, value in ARITHMETIC.items():
            os.environ.setdefault(name, value)


@contextmanager
def without_foreign_variables() -> Iterator[None]:
    """Hides the variables of launchers and batch systems, and those that would change Lightning's arguments."""
    hidden = {name: os.environ.pop(name) for name in list(os.environ) if is_foreign(name)}
    try:
        yield
    finally:
        os.environ.update(hidden)


def is_foreign(name: str) -> bool:
    """Whether a variable is one that other programs set for their own processes, and Lightning or torch would read."""
    return name in _FOREIGN or name.startswith(_FOREIGN_BEGINNINGS)


def import_training() -> ModuleType:
    """The module of the fit (`training.run_fit`), imported in an environment of its own.

    Raises:
        Exception: whatever the import of torch or Lightning raises.
    """
    ask_for_arithmetic()
    with without_foreign_variables():
        return importlib.import_module("coin_models.training.run_fit")


def _processor_flags() -> frozenset[str]:
    """What the x86 processor can do, as the kernel says; nothing on another one."""
    if platform.machine() not in ("x86_64", "AMD64"):
        return frozenset()
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return frozenset()
    return frozenset(next((line.partition(":")[2].split() for line in lines if line.startswith("flags")), []))

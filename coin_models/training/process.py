"""The one way to import the fit: requests one arithmetic and hides the variables of launchers before torch is imported."""

import importlib
import os
import platform
from pathlib import Path
from types import ModuleType

from coin_models.training.launchers import without_foreign_variables
from coin_models.training.memory import spare_imports, without_collections

ARITHMETIC = {"MKL_CBWR": "AVX2", "ATEN_CPU_CAPABILITY": "avx2"}
"""One code path on every x86 with AVX2, as far as the libraries allow it (ADR 0085); what is set already stays."""


def ask_for_arithmetic(processor_flags: frozenset[str] | None = None) -> None:
    """Asks MKL and ATen for their AVX2 kernels, where the processor has them; before torch is imported."""
    flags = _processor_flags() if processor_flags is None else processor_flags
    if {"avx2", "fma"} <= flags:
        for name, value in ARITHMETIC.items():
            os.environ.setdefault(name, value)


def import_training() -> ModuleType:
    """The module of the fit (`training.run_fit`), imported in an environment of its own.

    Raises:
        Exception: whatever the import of torch or Lightning raises.
    """
    ask_for_arithmetic()
    with without_foreign_variables(), without_collections():
        module = importlib.import_module("coin_models.training.run_fit")
    spare_imports()
    return module


def has_bf16(processor_flags: frozenset[str] | None = None) -> bool:
    """Whether the processor multiplies bf16 natively (AVX-512 BF16 or AMX); elsewhere bf16 is slower than float32."""
    flags = _processor_flags() if processor_flags is None else processor_flags
    return bool({"avx512_bf16", "amx_bf16"} & flags)


def _processor_flags() -> frozenset[str]:
    """What the x86 processor can do, as the kernel says; nothing on another one."""
    if platform.machine() not in ("x86_64", "AMD64"):
        return frozenset()
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return frozenset()
    return frozenset(next((line.partition(":")[2].split() for line in lines if line.startswith("flags")), []))

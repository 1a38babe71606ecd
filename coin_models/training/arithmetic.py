"""The arithmetic of this process: a short text that names everything, beside the fingerprint, on which a fit's bytes
depend.

It is read from the libraries themselves, not from settings; process.py requests it.

Two fits with equal fingerprints and equal arithmetic have equal bytes. A fit that is resumed under another arithmetic
gives a third result; its manifest then names all of them, in order.
"""

import ctypes
from functools import cache
from pathlib import Path

import numpy as np
import torch

from coin_models.settings.training import TrainingSettings

_MKL_BRANCHES = {
    1: "off",
    2: "auto",
    3: "compatible",
    4: "sse2",
    7: "sse4.1",
    8: "sse4.2",
    9: "avx",
    10: "avx2",
    12: "avx512",
}
_DEPENDS_ON_MAKER = ("off", "auto", "unknown")  # MKL then chooses by the processor's maker and model


def arithmetic_of(training: TrainingSettings, device: torch.device) -> str:
    """Device, instruction sets in force, torch and precision: `cpu AVX2, MKL avx2, numpy X86_V3, torch 2.13.0+cpu, float32`."""
    where = _cpu() if device.type == "cpu" else _cuda(device)
    return f"{where}, numpy {_numpy_instructions()}, torch {torch.__version__}, {training.precision}"


def extended(past: tuple[str, ...], now: str) -> tuple[str, ...]:
    """The arithmetics of a fit in order, `now` added where it differs from the last one."""
    return past if past and past[-1] == now else (*past, now)


@cache
def _cpu() -> str:
    branch = _mkl_branch()
    maker = f" on {_cpu_maker()}" if branch in _DEPENDS_ON_MAKER else ""
    return f"cpu {torch.backends.cpu.get_cpu_capability()}, MKL {branch}{maker}"


def _cuda(device: torch.device) -> str:
    major, minor = torch.cuda.get_device_capability(device)
    return f"cuda {torch.version.cuda} sm_{major}{minor} {torch.cuda.get_device_name(device)}"


def _mkl_branch() -> str:
    """The branch of kernels that MKL keeps to (its "conditional numerical reproducibility"), asked of MKL itself.

    On a processor that is not Intel's it refuses all but `auto` and `compatible`, without notice: what the variable says is
    no proof.
    """
    if not torch.backends.mkl.is_available():  # type: ignore[no-untyped-call]
        return "none"
    try:
        library = ctypes.CDLL(str(Path(torch.__file__).parent / "lib" / "libtorch_cpu.so"))
        return _MKL_BRANCHES.get(library.mkl_serv_cbwr_get(1), "unknown")
    except (OSError, AttributeError):  # MKL linked in another way
        return "unknown"


def _cpu_maker() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return "unknown"
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("vendor_id")), "unknown")


@cache
def _numpy_instructions() -> str:
    """The newest instructions that numpy uses; features are computed with them."""
    extensions = np.show_config(mode="dicts")["SIMD Extensions"].get("found", [])
    return extensions[-1] if extensions else "baseline"

"""The variables that launchers and batch systems set for the programs they start, hidden from torch and Lightning.

A rank, a number of tasks, an address: Lightning reads them when it is imported and when a Trainer is made, and believes
that it is one of several processes. We are one.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager

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

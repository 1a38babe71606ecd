"""How many processor cores this process may use: the scheduler's mask, and the quota of its container (cgroup v1 and v2).

A container that may use two of 64 cores sees all 64: threads for each of them would wait for the quota most of the time.
"""

import math
import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

_V1_CONTROLLER = "cpu"


def usable_cores(root: Path = Path("/")) -> int:
    """Cores of the scheduler's mask, or as many as the quota of the cgroup or of one above it pays for, rounded up.

    Args:
        root: where `proc` and `sys` are.
    """
    quotas = [math.ceil(limit) for folder in _folders(root) if (limit := _limit(folder)) is not None]
    return max(1, min([len(os.sched_getaffinity(0)), *quotas]))


def _folders(root: Path) -> Iterator[Path]:
    """The folders of this process's cgroup and of those above it; in a container the mounted root stands for its own."""
    try:
        lines = (root / "proc/self/cgroup").read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return
    mounts = root / "sys/fs/cgroup"
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers and _V1_CONTROLLER not in controllers.split(","):
            continue
        mount = mounts / controllers if controllers and (mounts / controllers).is_dir() else mounts
        mount = mounts / _V1_CONTROLLER if controllers and mount == mounts else mount
        inside = PurePosixPath(path.lstrip("/"))
        yield from (mount / parent for parent in (inside, *inside.parents))


def _limit(folder: Path) -> float | None:
    """Cores that a cgroup may use; None without a quota."""
    try:
        if (folder / "cpu.max").exists():
            quota, period = (folder / "cpu.max").read_text(encoding="ascii").split()
        else:
            quota = (folder / "cpu.cfs_quota_us").read_text(encoding="ascii").strip()
            period = (folder / "cpu.cfs_period_us").read_text(encoding="ascii").strip()
        return int(quota) / int(period) if quota not in ("max", "-1") else None
    except (OSError, ValueError, ZeroDivisionError):  # no such file, or one of a kind that is not known here
        return None

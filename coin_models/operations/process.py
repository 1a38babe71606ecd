"""Which process a session is, and whether it is gone for certain.

Belongs here: what Linux says of a process id. Not here: what follows from a death (reaper.py).

A machine that dies without a word is known to be dead when its lease runs out. A process that was killed on a machine
that still runs is known to be dead at once: the kernel says so before its lease runs out.
"""

import os
import socket
import time
from datetime import UTC, datetime
from pathlib import Path

_PROC = Path("/proc")
_SLACK_SECONDS = 5.0  # a session opens some time after its process; clocks are stepped


def this_host() -> str:
    """Names the machine as far as process ids reach: its present boot and the namespace of its process ids.

    The host's own name would not do: two containers that share it do not see each other's processes.
    """
    try:
        boot = (_PROC / "sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{socket.gethostname()} boot {boot} {(_PROC / 'self/ns/pid').readlink()}"
    except OSError:
        return socket.gethostname()


def process_age_seconds() -> float:
    """Seconds since this process was started; 0 where the kernel does not say."""
    try:
        fields = (_PROC / "self/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return 0.0
    return max(0.0, time.clock_gettime(time.CLOCK_BOOTTIME) - int(fields[19]) / os.sysconf("SC_CLK_TCK"))


def is_gone(host: str, process_id: int, started_at: datetime) -> bool:
    """Whether that process, which lived at `started_at`, has certainly ended; False where that cannot be known."""
    if host != this_host() or not (_PROC / "self/stat").exists():
        return False
    try:
        fields = (
            (_PROC / str(process_id) / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        )
    except FileNotFoundError:
        return True
    except OSError:
        return False
    state, ticks = fields[0], int(fields[19])  # proc(5): fields 3 and 22
    if state in "ZX":
        return True
    began = datetime.fromtimestamp(_boot_time() + ticks / os.sysconf("SC_CLK_TCK"), UTC)
    return (began - started_at).total_seconds() > _SLACK_SECONDS  # the number was given to another process since


def _boot_time() -> int:
    lines = (_PROC / "stat").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("btime "))

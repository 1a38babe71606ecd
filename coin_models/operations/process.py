"""The process of a session, and whether it has certainly ended.

A machine that dies without notice is known to be dead when its lease expires. If a process was killed on a machine that
still runs, the kernel says so at once, before the lease expires.
"""

import os
import socket
import time
from datetime import UTC, datetime
from pathlib import Path

import psutil

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
    """Seconds since this process was started; 0 where the kernel does not say.

    psutil's `create_time` adds the time of boot, which Linux gives in whole seconds: it is up to a second wrong.
    """
    try:
        fields = (_PROC / "self/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return 0.0
    return max(0.0, time.clock_gettime(time.CLOCK_BOOTTIME) - int(fields[19]) / os.sysconf("SC_CLK_TCK"))


def is_gone(host: str, process_id: int, started_at: datetime) -> bool:
    """Whether that process, which lived at `started_at`, has certainly ended; False where that cannot be known."""
    if host != this_host():
        return False
    try:
        process = psutil.Process(process_id)
        if process.status() in (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD):
            return True
        began = datetime.fromtimestamp(process.create_time(), UTC)
    except psutil.NoSuchProcess:
        return True
    except psutil.AccessDenied:
        return False
    return (began - started_at).total_seconds() > _SLACK_SECONDS  # the number was given to another process since

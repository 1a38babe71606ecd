"""The process of a session, and whether it has certainly ended.

A machine that dies without notice is known to be dead when its lease expires. If a process was killed on a machine that
still runs, the kernel says so at once, before the lease expires. A process is identified as the kernel does it, by its
id and its start in clock ticks since the boot: no clock that can be set takes part.
"""

import os
import socket
import time
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")
_ENDED = ("Z", "X")  # zombie, dead


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """A process, told apart from every other that had its id."""

    host: str  # see `this_host`
    process_id: int
    start_ticks: int | None  # of the kernel's clock, since the boot; None: unknown


def this_process() -> Process:
    """The process that runs this."""
    stat = _stat("self")
    return Process(host=this_host(), process_id=os.getpid(), start_ticks=None if stat is None else stat.start_ticks)


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
    stat = _stat("self")
    if stat is None:
        return 0.0
    return max(0.0, time.clock_gettime(time.CLOCK_BOOTTIME) - stat.start_ticks / os.sysconf("SC_CLK_TCK"))


def is_gone(process: Process) -> bool:
    """Whether that process has certainly ended; False where that cannot be known."""
    if process.host != this_host():
        return False
    stat = _stat(str(process.process_id))
    if stat is None:
        return not _exists(process.process_id)
    return stat.state in _ENDED or process.start_ticks not in (None, stat.start_ticks)


def _exists(process_id: int) -> bool:
    """Whether there is a process of that id, visible in /proc or not: a system may hide those of other users."""
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


@dataclass(frozen=True, slots=True)
class _Stat:
    state: str
    start_ticks: int


def _stat(process_id: str) -> _Stat | None:
    """What the kernel says of a process; None: there is none of that id, or no such kernel."""
    try:
        text = (_PROC / process_id / "stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    fields = text.rpartition(")")[2].split()  # from the third on: the name before may hold anything
    return _Stat(state=fields[0], start_ticks=int(fields[19]))

"""Hosts of a drill's fleet: each is a `coin-models worker` in a namespace of process ids of its own.

The reaper cannot ask the kernel about a process of another namespace: as on another machine, only the lease says that it
is dead. Where namespaces are not allowed, a host is a process group, and the kernel tells earlier.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import psutil

from coin_models.settings.renamed import PREFIX

_COMMAND = "from coin_models.cli.main import main; main()"
_TORCH = "libtorch_cpu"


@cache
def namespace_command() -> tuple[str, ...]:
    """What starts a command in a namespace of its own; empty where that is not allowed."""
    command = ("unshare", "--user", "--map-current-user", "--pid", "--fork", "--kill-child", "--mount-proc")
    try:
        done = subprocess.run([*command, "true"], capture_output=True, check=False)  # noqa: S603 - our own command
    except OSError:
        return ()
    return command if done.returncode == 0 else ()


@dataclass(frozen=True, slots=True, eq=False)
class WorkerHost:
    """A started worker."""

    process: "subprocess.Popen[bytes]"

    @property
    def is_up(self) -> bool:
        """Whether it has not ended."""
        return self.process.poll() is None

    @property
    def namespace(self) -> str:
        """As sessions of this host name it."""
        for pid in (*(process.pid for process in self._below()), self.process.pid):
            with suppress(OSError):
                return str(Path(f"/proc/{pid}/ns/pid").readlink())
        return ""

    def fitting(self) -> psutil.Process | None:
        """The process that fits: it holds the only torch of the host."""
        for process in self._below():
            with suppress(psutil.Error):
                if any(_TORCH in mapped.path for mapped in process.memory_maps()):
                    return process
        return None

    def die(self) -> None:
        """SIGKILL to all its processes, as when the host is interrupted."""
        self.signal(signal.SIGKILL)
        self.process.wait()

    def pause(self, seconds: float) -> None:
        """Stops all its processes for so long, as when a machine is suspended."""
        self.signal(signal.SIGSTOP)
        time.sleep(seconds)
        self.signal(signal.SIGCONT)

    def signal(self, number: signal.Signals) -> None:
        """Sends it to all processes of the host."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, number)

    def terminate(self) -> None:
        """SIGTERM to the worker itself."""
        below = psutil.Process(self.process.pid).children() if namespace_command() else []
        (below[0] if below else self.process).terminate()

    def _below(self) -> list[psutil.Process]:
        try:
            return psutil.Process(self.process.pid).children(recursive=True)
        except psutil.Error:
            return []


class WorkerHosts:
    """All hosts that were started; each has a home of its own, and shares nothing but database, store and broker."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self._folder, self._environment = folder, environment
        self.all: list[WorkerHost] = []

    def start(self, *arguments: str) -> WorkerHost:
        """One more host; returns while its worker starts."""
        home = self._folder / f"host-{len(self.all)}"
        home.mkdir(parents=True)
        command = [*namespace_command(), sys.executable, "-c", _COMMAND, "worker", *arguments]
        environment = {**self._environment, PREFIX + "HOME": str(home)}
        with (home / "worker.log").open("wb") as log:
            process = subprocess.Popen(  # noqa: S603 - our own command
                command, env=environment, cwd=home, stdout=log, stderr=log, start_new_session=True
            )
        self.all.append(WorkerHost(process))
        return self.all[-1]

    def busy(self) -> list[WorkerHost]:
        """The hosts that fit at this moment."""
        return [host for host in self.all if host.is_up and host.fitting() is not None]

    def end(self) -> None:
        """Kills what is left."""
        for host in self.all:
            if host.is_up:
                host.signal(signal.SIGCONT)
                host.die()

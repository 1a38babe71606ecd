"""A server process of the local stack: starts it detached, recognises it from later commands, and stops it.

A process id alone proves nothing after a reboot. A process is ours when one of its arguments names our data.
"""

import logging
import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from secrets import randbelow
from signal import Signals

import psutil

from coin_models.errors import StoreRefused, StoreUnavailable

_logger = logging.getLogger(__name__)
_KILL_SECONDS = 20.0
_RELEASE_SECONDS = 2.0  # longest wait for the ports of a process that was killed
_LOOKS, _LOOK_SECONDS = 10, 0.02  # at a process that shows no arguments
_FIRST_PORT, _LAST_PORT = 20_000, 30_000  # below the ports that the system hands out to connections


class ServerProcess:
    """One server, known by its pid file."""

    def __init__(self, name: str, folder: Path, *, argument: str, stop_signal: Signals, stop_seconds: float) -> None:
        """Starts nothing.

        Args:
            name: of the server, for files and people.
            folder: holds `<name>.pid` and `<name>.log`.
            argument: of the server's command line, which no other process has: names its data.
            stop_signal: asks the server to end in good order.
            stop_seconds: time it gets for that.
        """
        self.name = name
        self.log_path = folder / f"{name}.log"
        self._folder = folder
        self._argument = argument
        self._pid_path = folder / f"{name}.pid"
        self._stop_signal = stop_signal
        self._stop_seconds = stop_seconds

    @property
    def pid(self) -> int | None:
        """Its process id while it runs, else None."""
        process = self._process()
        return process.pid if process else None

    def start(self, command: Sequence[str], *, is_ready: Callable[[], bool], patience_seconds: float = 60.0) -> None:
        """Starts the server detached from this process, and waits until it answers.

        Raises:
            StoreUnavailable: it ended, or did not answer in time; the message quotes its log.
        """
        with self.log_path.open("ab") as log:
            started = subprocess.Popen(  # noqa: S603 - our own command, no shell
                command,
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._pid_path.write_text(str(started.pid), encoding="ascii")
        _logger.info("server started", extra={"server": self.name, "pid": started.pid})
        for _ in range(int(patience_seconds / 0.05)):
            if is_ready():
                started.returncode = 0  # it is to outlive us: Popen would warn that nothing waited for it
                return
            with suppress(subprocess.TimeoutExpired):
                started.wait(0.05)
                break
        self.stop()
        started.poll()
        raise StoreUnavailable(f"{self.name} did not start: {self._last_words()} (see {self.log_path})")

    def stop(self) -> bool:
        """Ends the server in good order, or, when it does not listen, by force; False when it was not running."""
        process = self._process()
        if process is not None:
            process.send_signal(self._stop_signal)
            if not _ended(process, self._stop_seconds):
                self.kill()
        self._pid_path.unlink(missing_ok=True)
        return process is not None

    def kill(self) -> None:
        """Ends the server at once, as a crash would."""
        process = self._process()
        if process is not None:
            process.kill()
            if not _ended(process, _KILL_SECONDS):
                raise StoreUnavailable(f"{self.name} (process {process.pid}) did not end within {_KILL_SECONDS:.0f} s")

    def find(self) -> int | None:
        """As `pid`, but also finds a server whose starter was killed before it could write the process id down."""
        for process in [] if self._process() else psutil.process_iter():
            if self._is_ours(process):
                self._pid_path.write_text(str(process.pid), encoding="ascii")
        return self.pid

    def _process(self) -> psutil.Process | None:
        try:
            process = psutil.Process(int(self._pid_path.read_text(encoding="ascii")))
        except (FileNotFoundError, ValueError, psutil.NoSuchProcess):
            return None
        for _ in range(_LOOKS):
            if self._is_ours(process):
                return process
            if not _shows_no_arguments(process):
                break
            time.sleep(_LOOK_SECONDS)
        return None

    def _is_ours(self, process: psutil.Process) -> bool:
        try:
            return process.status() != psutil.STATUS_ZOMBIE and self._argument in process.cmdline()
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            return False

    def _last_words(self) -> str:
        lines = self.log_path.read_text(encoding="utf-8", errors="replace").splitlines()
        return " / ".join(lines[-3:])


def _shows_no_arguments(process: psutil.Process) -> bool:
    """Whether it lives and shows none, as Linux does of any process for an instant while its memory is locked."""
    try:
        return process.status() != psutil.STATUS_ZOMBIE and not process.cmdline()
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return False


def wait_for_orphans(folder: Path, seconds: float = _KILL_SECONDS) -> None:
    """Waits until no process works in `folder` any more: children of a killed server, which may still be writing.

    Raises:
        StoreUnavailable: one continues.
    """
    orphans = [process for process in psutil.process_iter() if _works_in(process, folder)]
    if not all(_ended(process, seconds) for process in orphans):
        pids = ", ".join(str(process.pid) for process in orphans)
        raise StoreUnavailable(f"processes of a server that was killed still run in {folder}: end them ({pids})")


def free_ports(count: int) -> list[int]:
    """Free ports of 127.0.0.1.

    Raises:
        StoreRefused: there are not that many.
    """
    ports: list[int] = []
    start = randbelow(_LAST_PORT - _FIRST_PORT)
    for offset in range(_LAST_PORT - _FIRST_PORT):
        port = _FIRST_PORT + (start + offset) % (_LAST_PORT - _FIRST_PORT)
        if is_free(port):
            ports.append(port)
        if len(ports) == count:
            return ports
    raise StoreRefused(f"no {count} free ports between {_FIRST_PORT} and {_LAST_PORT} on 127.0.0.1")


def is_free(port: int) -> bool:
    """Whether a server could listen on this port of 127.0.0.1."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do: a port just left is free
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def are_free(ports: Sequence[int], seconds: float = _RELEASE_SECONDS) -> bool:
    """Whether servers can listen on all of them, now or soon: the threads of a process that was just killed hold its ports."""
    deadline = time.monotonic() + seconds
    while not all(map(is_free, ports)):
        if time.monotonic() > deadline:
            return False
        time.sleep(_RELEASE_SECONDS / 40)
    return True


def _works_in(process: psutil.Process, folder: Path) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE and process.cwd() == str(folder)
    except (psutil.NoSuchProcess, psutil.AccessDenied, OSError):
        return False


def _ended(process: psutil.Process, seconds: float) -> bool:
    """Whether the process ends in time. A zombie has ended: its parent, which may be another process than this one and
    never look, is all that still knows of it; `Process.wait` would wait for that parent."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with suppress(psutil.TimeoutExpired):
            process.wait(0)  # collects it where it is a child of ours
            return True
        with suppress(psutil.NoSuchProcess):
            if process.status() == psutil.STATUS_ZOMBIE:
                return True
        time.sleep(0.02)
    return False

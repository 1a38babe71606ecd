"""A server process of the stack: recognised by its data, and waited for; free ports."""

import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import psutil
import pytest

from coin_models.dev_stack.process import ServerProcess, are_free, free_ports, is_free, wait_for_orphans
from coin_models.errors import StoreUnavailable


def test_children_of_a_killed_server_are_waited_for_and_one_that_goes_on_is_named(tmp_path: Path) -> None:
    with subprocess.Popen(["sleep", "0.5"], cwd=tmp_path) as brief:
        wait_for_orphans(tmp_path)
        ended = brief.poll()
    with subprocess.Popen(["sleep", "60"], cwd=tmp_path) as stubborn:
        with pytest.raises(StoreUnavailable, match=rf"still run in .*end them \({stubborn.pid}\)"):
            wait_for_orphans(tmp_path, seconds=0.2)
        stubborn.kill()

    assert ended == 0


def test_ports_of_a_process_that_was_just_killed_are_waited_for_but_not_for_long() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        closing = threading.Timer(0.1, server.close)
        assert not are_free([port], seconds=0.0)
        closing.start()
        assert are_free([port], seconds=30.0)
        closing.join()


def test_a_port_that_somebody_listens_on_is_not_free() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert not is_free(server.getsockname()[1])
    ports = free_ports(3)

    assert len(set(ports)) == 3
    assert all(20_000 <= port < 30_000 for port in ports)


class SmallServer:
    """A server that says when it is ready by a file, with a part of its command line that names its data."""

    def __init__(self, folder: Path, *, source: str, stop_seconds: float = 10.0) -> None:
        self.ready = folder / "ready"
        self.data = f"--data={folder}"
        self.process = ServerProcess(
            "small", folder, argument=self.data, stop_signal=signal.SIGTERM, stop_seconds=stop_seconds
        )
        self.command = [sys.executable, "-c", source, self.data, str(self.ready)]

    def start(self) -> None:
        self.process.start(self.command, is_ready=self.ready.exists, patience_seconds=20.0)


SERVES = "import pathlib, sys, time; pathlib.Path(sys.argv[2]).touch(); time.sleep(60)"
IGNORES_SIGTERM = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {SERVES}"
FAILS = "import sys; print('the data are of a newer version'); sys.exit(3)"


def test_a_server_that_answers_runs_until_it_is_stopped(tmp_path: Path) -> None:
    server = SmallServer(tmp_path, source=SERVES)

    server.start()
    running = server.process.pid
    stopped, again = server.process.stop(), server.process.stop()

    assert running is not None
    assert (stopped, again, server.process.pid) == (True, False, None)
    assert not psutil.pid_exists(running)


def test_a_later_command_finds_it_also_without_its_pid_file(tmp_path: Path) -> None:
    server = SmallServer(tmp_path, source=SERVES)
    server.start()
    later = SmallServer(tmp_path, source=SERVES).process
    try:
        by_file = later.pid
        (tmp_path / "small.pid").unlink()
        without_file, by_port = later.pid, later.find()
    finally:
        server.process.find()
        server.process.stop()

    assert by_file is not None
    assert (without_file, by_port) == (None, by_file)


def test_a_server_that_does_not_listen_to_its_signal_is_killed(tmp_path: Path) -> None:
    server = SmallServer(tmp_path, source=IGNORES_SIGTERM, stop_seconds=0.2)
    server.start()

    assert server.process.stop()
    assert server.process.pid is None


def test_a_server_that_ends_at_once_is_an_error_that_quotes_its_log(tmp_path: Path) -> None:
    server = SmallServer(tmp_path, source=FAILS)

    with pytest.raises(StoreUnavailable, match="small did not start: the data are of a newer version"):
        server.start()

    assert server.process.pid is None


def test_a_process_id_that_another_process_has_by_now_is_not_ours(tmp_path: Path) -> None:
    (tmp_path / "small.pid").write_text(str(os.getpid()))
    process = SmallServer(tmp_path, source=SERVES).process

    assert process.pid is None
    assert not process.stop()

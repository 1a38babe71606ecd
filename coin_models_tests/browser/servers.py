"""`coin-models ui` on a tiny home: one for all tests of a file."""

import signal
import subprocess
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

import psutil

from coin_models_tests.proofs.processes import Home, free_port, graphql, wait_for

_REPOSITORIES = "{ repositoriesOrError { ... on RepositoryConnection { nodes { name } } } }"
_DAEMONS = "{ instance { daemonHealth { allDaemonStatuses { required healthy } } } }"


@contextmanager
def served(home: Home) -> Iterator[int]:
    """The web server's port; both servers are up within the block and gone after it."""
    with served_process(home) as (port, _ui):
        yield port


@contextmanager
def served_process(home: Home) -> Iterator[tuple[int, "subprocess.Popen[bytes]"]]:
    """The port, and the process whose children the servers are."""
    port = free_port()
    with (home.folder / "ui.log").open("wb") as log:
        ui = home.start("ui", "--port", str(port), stdout=log, stderr=log)
    try:
        wait_for("the UI", lambda: _is_up(port) or ui.poll() is not None, seconds=180.0)
        assert ui.poll() is None, (home.folder / "ui.log").read_text()
        yield port, ui
    finally:
        _end(ui)


def versions(home: Home) -> Counter[tuple[str, date]]:
    """How many versions of each coin-day are published."""
    with home.services() as services:
        return Counter((version.coin, version.day) for version in services.registry.versions())


def attempts(home: Home, first: date, last: date) -> Counter[tuple[str, date, str]]:
    """How often each coin-day was tried, with the outcome."""
    with home.services() as services:
        rows = services.attempts.between(first, last)
    return Counter((attempt.coin, attempt.day, attempt.outcome.value) for attempt in rows)


def _is_up(port: int) -> bool:
    try:
        if not graphql(port, _REPOSITORIES)["repositoriesOrError"].get("nodes"):
            return False
        return all(d["healthy"] for d in _daemons(port) if d["required"])
    except OSError:
        return False


def _daemons(port: int) -> list[dict[str, bool]]:
    daemons = graphql(port, _DAEMONS)["instance"]["daemonHealth"]["allDaemonStatuses"]
    assert isinstance(daemons, list)
    return daemons


def _end(ui: "subprocess.Popen[bytes]") -> None:
    """As Ctrl-C does it; what is left of its own children after that is killed, each by its id."""
    if ui.poll() is not None:
        return
    children = psutil.Process(ui.pid).children(recursive=True)
    ui.send_signal(signal.SIGINT)
    try:
        ui.wait(60)
    except subprocess.TimeoutExpired:
        ui.kill()
        ui.wait()
    _gone, alive = psutil.wait_procs(children, timeout=30)
    for child in alive:
        child.kill()

"""Hosts of a drill's fleet, with a worker that cannot start: what is tested is the host around it."""

import os
import signal
from pathlib import Path

from coin_models.drill.worker_hosts import WorkerHost, WorkerHosts, namespace_command
from coin_models_tests.proofs.processes import wait_for


def test_a_host_has_a_home_and_a_namespace_of_its_own_and_dies_whole(tmp_path: Path) -> None:
    expected = 3 if namespace_command() else 1
    hosts = WorkerHosts(tmp_path, {**os.environ, "PYTHONSTARTUP": ""})
    try:
        first, second = hosts.start(), hosts.start()
        wait_for("the namespaces of both", lambda: len(namespaces(first, second)) == expected, every=0.001)
        second.signal(signal.SIGSTOP)  # without a broker it would end by itself
        first.die()
        states = (first.is_up, second.is_up, hosts.busy())
    finally:
        hosts.end()

    assert states == (False, True, [])
    assert not second.is_up
    assert sorted(path.name for path in tmp_path.iterdir()) == ["host-0", "host-1"]


def namespaces(*hosts: WorkerHost) -> set[str]:
    """Theirs and our own; a host has its own some milliseconds after its start, when `unshare` has forked."""
    return {*(host.namespace for host in hosts), str(Path("/proc/self/ns/pid").readlink())}

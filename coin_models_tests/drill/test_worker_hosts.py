"""Hosts of a drill's fleet, with a worker that cannot start: what is tested is the host around it."""

import os
from pathlib import Path

from coin_models.drill.worker_hosts import WorkerHosts, namespace_command


def test_a_host_has_a_home_and_a_namespace_of_its_own_and_dies_whole(tmp_path: Path) -> None:
    hosts = WorkerHosts(tmp_path, {**os.environ, "PYTHONSTARTUP": ""})
    try:
        first, second = hosts.start(), hosts.start()
        namespaces = {first.namespace, second.namespace, str(Path("/proc/self/ns/pid").readlink())}
        first.die()
        states = (first.is_up, second.is_up, hosts.busy())
    finally:
        hosts.end()

    assert len(namespaces) == (3 if namespace_command() else 1)
    assert states == (False, True, [])
    assert not second.is_up
    assert sorted(path.name for path in tmp_path.iterdir()) == ["host-0", "host-1"]

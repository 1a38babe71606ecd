"""Ctrl-C does not reach the processes that mirror a run's output."""

import signal
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from dagster import DagsterInstance

from coin_models.defs.mirrors import shield_mirrors


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[DagsterInstance]:
    with DagsterInstance.local_temp(str(tmp_path)) as instance:
        yield instance


def _blocks_sigint(pid: int) -> bool:
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    (mask,) = (int(line.split()[1], 16) for line in status.splitlines() if line.startswith("SigBlk"))
    return bool(mask >> (signal.SIGINT - 1) & 1)


def test_dagsters_own_mirrors_hear_no_ctrl_c(instance: DagsterInstance, capfd: pytest.CaptureFixture[str]) -> None:
    shield_mirrors(instance)
    before = {child.pid for child in psutil.Process().children()}
    with capfd.disabled(), instance.compute_log_manager.capture_logs(["run", "compute_logs", "step"]):
        mirrors = [child for child in psutil.Process().children() if child.pid not in before]
        blocked = [_blocks_sigint(mirror.pid) for mirror in mirrors]
        own = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    assert len(mirrors) == 4  # a tail and its watcher for each of stdout and stderr
    assert all(blocked)
    assert signal.SIGINT not in own

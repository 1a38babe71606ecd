"""Webserver, daemon, code server and run worker die together in the middle of a UI backfill; after a restart it completes."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest
from dagster import DagsterRunStatus

from coin_models.defs.home import dagster_home, open_instance
from coin_models_tests.drill.processes import Home, free_port, graphql, small_home, wait_for

pytestmark = [pytest.mark.proof, pytest.mark.timeout(900)]

DAYS = ["2024-08-13", "2024-08-14", "2024-08-15"]
COINS = ["BTC", "ETH"]
LAUNCH = """mutation ($params: LaunchBackfillParams!) { launchPartitionBackfill(backfillParams: $params) {
  __typename ... on LaunchBackfillSuccess { backfillId } ... on PythonError { message } } }"""
STATUS = """query ($id: String!) { partitionBackfillOrError(backfillId: $id) {
  __typename ... on PartitionBackfill { status } } }"""


class Host:
    """The processes of `coin-models ui`, as one machine has them; `die` is the machine going away."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self.port = free_port()
        self._servers: list[subprocess.Popen[bytes]] = []

    def boot(self) -> None:
        environment = {**self._home.environment, "DAGSTER_HOME": str(dagster_home(self._home.settings))}
        with (self._home.folder / "servers.log").open("ab") as log:
            for arguments in (["dagster_webserver", "-p", str(self.port)], ["dagster._daemon", "run"]):
                command = [sys.executable, "-m", *arguments, "-m", "coin_models.definitions"]
                self._servers.append(
                    subprocess.Popen(command, env=environment, cwd=self._home.folder, stdout=log, stderr=log)
                )
        wait_for("the webserver", self._answers)

    def _answers(self) -> bool:
        try:
            return bool(
                graphql(self.port, "{ repositoriesOrError { ... on RepositoryConnection { nodes { name } } } }")
            )
        except OSError:
            return False

    def die(self) -> None:
        """SIGKILL to every process of it at once, each by its id."""
        processes = [psutil.Process(server.pid) for server in self._servers if server.poll() is None]
        everybody = [*processes, *(child for each in processes for child in each.children(recursive=True))]
        for process in everybody:
            process.suspend()  # nobody acts on the death of another
        for process in everybody:
            os.kill(process.pid, signal.SIGKILL)
        for server in self._servers:
            server.wait()
        psutil.wait_procs(everybody, timeout=30)
        self._servers.clear()


@contextmanager
def host_of(home: Home) -> Iterator[Host]:
    host = Host(home)
    with ExitStack() as stack:
        stack.callback(host.die)
        yield host


def backfill(host: Host) -> str:
    assets = [{"path": [kind, coin]} for kind in ("candles", "model") for coin in COINS]
    params: dict[str, Any] = {"assetSelection": assets, "partitionNames": DAYS, "tags": []}
    found = graphql(host.port, LAUNCH, {"params": params})["launchPartitionBackfill"]
    assert found["__typename"] == "LaunchBackfillSuccess", found
    return str(found["backfillId"])


def is_complete(host: Host, backfill_id: str) -> bool:
    found = graphql(host.port, STATUS, {"id": backfill_id})["partitionBackfillOrError"]
    assert found["status"] in ("REQUESTED", "COMPLETED_SUCCESS"), found
    return bool(found["status"] == "COMPLETED_SUCCESS")


def num_attempts_running(home: Home) -> int:
    with home.workshop() as workshop:
        from datetime import date

        found = workshop.attempts.between(date.fromisoformat(DAYS[0]), date.fromisoformat(DAYS[-1]))
    return sum(attempt.outcome.value == "running" for attempt in found)


def test_a_backfill_of_three_days_completes_after_its_host_died_in_the_middle_of_a_fit(tmp_path: Path) -> None:
    home = small_home(
        tmp_path,
        COIN_MODELS_TRAINING_EPOCHS="120",  # long enough to be met at work
        COIN_MODELS_TRAINING_INCREMENTAL_EPOCHS="120",
        COIN_MODELS_OPERATIONS_LEASE_SECONDS="10",
        COIN_MODELS_OPERATIONS_HEARTBEAT_SECONDS="1",
        COIN_MODELS_OPERATIONS_RUN_START_SECONDS="30",  # a worker that was killed while it imported torch
    )
    with host_of(home) as host:
        host.boot()
        backfill_id = backfill(host)
        wait_for("a fit", lambda: num_attempts_running(home) > 0)
        host.die()
        host.boot()
        wait_for("the end of the backfill", lambda: is_complete(host, backfill_id), seconds=600.0)

    with open_instance(home.settings) as instance:
        left = [run.status for run in instance.get_runs() if not run.is_finished]
        killed = [run for run in instance.get_runs() if run.status is DagsterRunStatus.FAILURE]
    with home.workshop() as workshop:
        versions = workshop.registry.versions()
    assert left == []
    assert killed
    assert sorted((version.coin, str(version.day)) for version in versions) == [(c, d) for c in COINS for d in DAYS]

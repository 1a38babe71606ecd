"""A Dagster worker ends during a UI backfill, with its host or by SIGTERM alone; the backfill completes."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from dagster import DagsterRun, DagsterRunStatus

from coin_models.defs.instance.home import dagster_home, open_instance
from coin_models.drill.host import Host
from coin_models.operations.attempts import Outcome
from coin_models.storage import keys
from coin_models_tests.defs.dagster_tags import PARENT_RUN_ID_TAG
from coin_models_tests.proofs.processes import Home, small_home, wait_for

pytestmark = [pytest.mark.proof, pytest.mark.timeout(900)]

DAYS = ["2024-08-13", "2024-08-14", "2024-08-15"]
COINS = ["BTC", "ETH"]
LAUNCH = """mutation ($params: LaunchBackfillParams!) { launchPartitionBackfill(backfillParams: $params) {
  __typename ... on LaunchBackfillSuccess { backfillId } ... on PythonError { message } } }"""
STATUS = """query ($id: String!) { partitionBackfillOrError(backfillId: $id) {
  __typename ... on PartitionBackfill { status } } }"""


@contextmanager
def booted(home: Home) -> Iterator[Host]:
    open_instance(home.settings).dispose()  # two servers that both create Dagster's tables in SQLite: one of them ends
    host = Host(home.folder, home.environment, dagster_home(home.settings))
    try:
        host.boot()
        host.wait_until_up()
        yield host
    finally:
        host.die()


def backfill(host: Host, days: list[str]) -> str:
    assets = [{"path": [kind, coin]} for kind in ("candles", "model") for coin in COINS]
    params: dict[str, Any] = {"assetSelection": assets, "partitionNames": days, "tags": []}
    answer = host.graphql(LAUNCH, {"params": params})["launchPartitionBackfill"]
    assert answer["__typename"] == "LaunchBackfillSuccess", answer
    return str(answer["backfillId"])


def is_complete(host: Host, backfill_id: str) -> bool:
    answer = host.graphql(STATUS, {"id": backfill_id})["partitionBackfillOrError"]
    assert answer["status"] in ("REQUESTED", "COMPLETED_SUCCESS"), answer
    return bool(answer["status"] == "COMPLETED_SUCCESS")


def is_fitting(home: Home) -> bool:
    with home.services() as services:
        attempts = services.attempts.between(date.fromisoformat(DAYS[0]), date.fromisoformat(DAYS[-1]))
    return any(attempt.outcome is Outcome.RUNNING for attempt in attempts)


def has_saved(home: Home) -> bool:
    """A fit has come far enough for a checkpoint to be in the store."""
    with home.services() as services:
        return bool(services.store.list(keys.CHECKPOINTS))


def slow_home(folder: Path) -> Home:
    """Fits that are long enough to be met at work, and less waiting than in earnest."""
    return small_home(
        folder,
        COIN_MODELS_TRAINING_EPOCHS="120",
        COIN_MODELS_TRAINING_INCREMENTAL_EPOCHS="120",
        COIN_MODELS_OPERATIONS_LEASE_SECONDS="10",
        COIN_MODELS_OPERATIONS_HEARTBEAT_SECONDS="1",
        COIN_MODELS_OPERATIONS_RUN_START_SECONDS="30",  # a worker that was killed while it came up
        COIN_MODELS_OPERATIONS_REAPER_SECONDS="5",
    )


def runs_of(home: Home) -> list[DagsterRun]:
    """Oldest first."""
    with open_instance(home.settings) as instance:
        return list(instance.get_runs(ascending=True))


def weights(home: Home) -> dict[tuple[str, str], str]:
    with home.services() as services:
        versions = services.registry.versions()
    assert len(versions) == len({(version.coin, version.day) for version in versions})
    return {(version.coin, str(version.day)): version.weights_sha256 for version in versions}


def test_a_backfill_of_three_days_completes_after_its_host_died_in_the_middle_of_a_fit(tmp_path: Path) -> None:
    home = slow_home(tmp_path)
    with booted(home) as host:
        backfill_id = backfill(host, DAYS)
        wait_for("a fit", lambda: is_fitting(home))
    with booted(home) as host:
        wait_for("the end of the backfill", lambda: is_complete(host, backfill_id), seconds=600.0)

    runs = runs_of(home)
    assert [run.status for run in runs if not run.is_finished] == []
    assert DagsterRunStatus.FAILURE in {run.status for run in runs}
    assert sorted(weights(home)) == [(coin, day) for coin in COINS for day in DAYS]


def test_sigterm_to_a_run_worker_alone_saves_and_its_run_is_launched_again(tmp_path: Path) -> None:
    home, in_peace = slow_home(tmp_path / "killed"), slow_home(tmp_path / "in-peace")
    in_peace.run("retrain", "--day", DAYS[0])
    with booted(home) as host:
        backfill_id = backfill(host, DAYS[:1])
        wait_for("a checkpoint", lambda: has_saved(home))
        with home.services() as services:
            (worker,) = services.sessions.open_sessions()
        os.kill(worker.process.process_id, signal.SIGTERM)
        wait_for("the end of the backfill", lambda: is_complete(host, backfill_id), seconds=600.0)

    runs = runs_of(home)
    with home.services() as services:
        attempts = services.attempts.between(date.fromisoformat(DAYS[0]), date.fromisoformat(DAYS[0]))
    assert [run.status for run in runs] == [DagsterRunStatus.FAILURE, DagsterRunStatus.SUCCESS]
    assert runs[1].tags[PARENT_RUN_ID_TAG] == runs[0].run_id
    assert home.session_ends() == ["interrupted", "finished"]
    assert [attempt.outcome for attempt in attempts] == [Outcome.INTERRUPTED] * 2 + [Outcome.DONE] * 2
    assert all("SIGTERM: saved step" in (attempt.reason or "") for attempt in attempts[:2])
    assert weights(home) == weights(in_peace)

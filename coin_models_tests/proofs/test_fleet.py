"""A fleet on one machine: a real broker, PostgreSQL and S3, worker processes that are killed while they train.

COIN_MODELS_TESTS_FLEET_KILLS sets the number of kills (default 2).
"""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pytest

from coin_models.dev_stack.stack import LocalStack
from coin_models.drill.backends import settings_to_read
from coin_models.drill.comparison import published
from coin_models.drill.fleet_drill import run_fleet_drill
from coin_models.drill.fleet_plan import FleetDrillPlan
from coin_models.drill.worker_hosts import WorkerHosts
from coin_models.pipeline.services import Services
from coin_models_tests.browser.servers import served
from coin_models_tests.proofs.processes import Home, graphql, small_home, wait_for

pytestmark = [pytest.mark.proof, pytest.mark.timeout(1500)]

KILLS = int(os.environ.get("COIN_MODELS_TESTS_FLEET_KILLS", "2"))
FIRST_DAY = date(2026, 1, 5)
_LAUNCH = """mutation($p: ExecutionParams!) { launchRun(executionParams: $p) { __typename
  ... on LaunchRunSuccess { run { runId } } ... on PythonError { message } } }"""


@contextmanager
def fleet_home(folder: Path) -> Iterator[Home]:
    stack = LocalStack(folder / "stack", durable=False)
    try:
        access = stack.up(fleet=True)
        yield small_home(folder, **access.environment(), **SETTINGS)
    finally:
        stack.down()


SETTINGS = {
    "COIN_MODELS_OPERATIONS_FIRST_DAY": FIRST_DAY.isoformat(),
    "COIN_MODELS_TRAINING_EPOCHS": "60",
    "COIN_MODELS_OPERATIONS_REAPER_SECONDS": "2",
}


def submit(port: int, day: date, coin: str) -> None:
    keys = [{"path": [kind, coin]} for kind in ("candles", "model", "shadow_trades")]
    selector = {
        "repositoryLocationName": "coin_models.definitions",
        "repositoryName": "__repository__",
        "pipelineName": "retrain",
        "assetSelection": keys,
        "assetCheckSelection": [],
    }
    tags = [{"key": "dagster/partition", "value": day.isoformat()}]
    launched = graphql(
        port,
        _LAUNCH,
        {"p": {"selector": selector, "mode": "default", "runConfigData": {}, "executionMetadata": {"tags": tags}}},
    )["launchRun"]
    assert launched["__typename"] == "LaunchRunSuccess", launched


def is_published(home: Home, coin: str, day: date) -> bool:
    with Services(settings=settings_to_read(home.folder / "home", home.variables)) as services:
        return (coin, day) in published(services)


def test_hosts_that_are_killed_cost_no_model_and_change_no_byte(tmp_path: Path) -> None:
    plan = FleetDrillPlan(num_workers=2, num_kills=KILLS, others=(), seed=11, num_coins=2, num_days=4)

    scorecard = run_fleet_drill(plan, tmp_path, print, LocalStack(tmp_path / "stack", durable=False))

    assert scorecard.passed, scorecard
    assert (scorecard.faults, scorecard.models) == (
        {"host killed": KILLS},
        2 * 4 + 2,
    )  # two parents lie before the first day


def test_sigterm_saves_the_fit_and_ends_the_worker_and_an_idle_one_ends_by_itself(tmp_path: Path) -> None:
    with fleet_home(tmp_path) as home, served(home) as port:
        hosts = WorkerHosts(tmp_path / "hosts", home.environment)
        try:
            first = hosts.start()
            submit(port, FIRST_DAY, "BTC")
            wait_for("the fit", lambda: first in hosts.busy())
            time.sleep(1.0)
            first.terminate()
            ended = first.process.wait(60)
            listed = home.run("workers")
            second = hosts.start("--idle-minutes", "0.2")
            wait_for("the model", lambda: is_published(home, "BTC", FIRST_DAY))
            wait_for("the idle worker's end", lambda: not second.is_up)
        finally:
            hosts.end()

    assert (ended, listed, second.process.returncode) == (0, [], 0)

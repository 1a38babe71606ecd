"""A fleet on one machine: a real broker, PostgreSQL and S3, worker processes that are killed while they train.

COIN_MODELS_TESTS_FLEET_KILLS sets the number of kills (default 3).
"""

import os
import random
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import psutil
import pytest

from coin_models.dev_stack.stack import LocalStack
from coin_models.settings.load import load_settings
from coin_models_tests.browser.servers import served
from coin_models_tests.proofs.processes import Home, graphql, small_home, wait_for

pytestmark = [pytest.mark.proof, pytest.mark.timeout(1500)]

KILLS = int(os.environ.get("COIN_MODELS_TESTS_FLEET_KILLS", "3"))
COINS = ("BTC", "ETH")
FIRST_DAY = date(2026, 1, 5)
NUM_DAYS = 4
_LAUNCH = """mutation($p: ExecutionParams!) { launchRun(executionParams: $p) { __typename
  ... on LaunchRunSuccess { run { runId } } ... on PythonError { message } } }"""
_STATUSES = "{ runsOrError(limit: 500) { ... on Runs { results { status } } } }"


@dataclass
class Fleet:
    """The workers of one home; each leads a process group of its own, which dies as a host would."""

    home: Home
    processes: list["subprocess.Popen[bytes]"] = field(default_factory=list)

    def start(self, *arguments: str) -> "subprocess.Popen[bytes]":
        with (self.home.folder / f"worker-{len(self.processes)}.log").open("wb") as log:
            self.processes.append(self.home.start("worker", *arguments, stdout=log, stderr=log, start_new_session=True))
        return self.processes[-1]

    def busy(self) -> list["subprocess.Popen[bytes]"]:
        """Workers whose child fits: a fit holds the only torch of the group."""
        return [process for process in self.processes if process.poll() is None and _fits(process.pid)]

    def end(self) -> None:
        for process in self.processes:
            kill(process)


def _fits(pid: int) -> bool:
    try:
        children = psutil.Process(pid).children()
        return any("libtorch_cpu" in mapped.path for child in children for mapped in child.memory_maps())
    except psutil.Error:
        return False


def kill(process: "subprocess.Popen[bytes]") -> None:
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


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


def published(home: Home) -> dict[tuple[str, date], list[str]]:
    """Digests of the weights of each coin-day."""
    before = dict(os.environ)
    os.environ.update(home.environment)
    try:
        settings = load_settings()
    finally:
        os.environ.clear()
        os.environ.update(before)
    from coin_models.pipeline.services import Services

    with Services(settings=settings) as services:
        found: dict[tuple[str, date], list[str]] = {}
        for version in services.registry.versions():
            found.setdefault((version.coin, version.day), []).append(version.weights_sha256)
    return found


def test_hosts_that_are_killed_cost_no_model_and_change_no_byte(tmp_path: Path) -> None:
    days = [FIRST_DAY + timedelta(days=day) for day in range(NUM_DAYS)]
    wanted = {(coin, day) for coin in COINS for day in days}
    draw, kills = random.Random(11), 0
    with fleet_home(tmp_path / "fleet") as home, served(home) as port:
        fleet = Fleet(home)
        try:
            for _ in range(2):
                fleet.start()
            for day in days:
                for coin in COINS:
                    submit(port, day, coin)
            deadline = time.monotonic() + 1200
            while published(home).keys() != wanted or _num_unfinished(port):
                assert time.monotonic() < deadline, f"{len(published(home))} of {len(wanted)} after {kills} kills"
                busy = fleet.busy()
                if busy and kills < KILLS:
                    time.sleep(draw.uniform(0.2, 2.0))
                    kill(draw.choice(busy))
                    kills += 1
                    fleet.start()
                time.sleep(0.5)
            in_fleet = published(home)
        finally:
            fleet.end()
    alone = small_home(tmp_path / "alone", **SETTINGS)
    alone.run("retrain", "--from", days[0].isoformat(), "--to", days[-1].isoformat())

    assert kills == KILLS
    assert Counter(len(versions) for versions in in_fleet.values()) == {1: len(wanted)}  # none lost, none twice
    assert in_fleet == published(alone)


def test_sigterm_saves_the_fit_and_ends_the_worker_and_an_idle_one_ends_by_itself(tmp_path: Path) -> None:
    with fleet_home(tmp_path) as home, served(home) as port:
        fleet = Fleet(home)
        try:
            first = fleet.start()
            submit(port, FIRST_DAY, "BTC")
            wait_for("the fit", lambda: first in fleet.busy())
            time.sleep(1.0)
            first.send_signal(signal.SIGTERM)
            ended = first.wait(60)
            listed = home.run("workers")
            second = fleet.start("--idle-minutes", "0.2")
            wait_for("the model", lambda: ("BTC", FIRST_DAY) in published(home))
            wait_for("the idle worker's end", lambda: second.poll() is not None)
        finally:
            fleet.end()

    assert (ended, listed, second.returncode) == (0, [], 0)


def _num_unfinished(port: int) -> int:
    results = graphql(port, _STATUSES)["runsOrError"]["results"]
    return sum(run["status"] not in ("SUCCESS", "FAILURE", "CANCELED") for run in results)

"""The files for workers of a fleet: exit codes, spot machines, and how many Kubernetes starts."""

import configparser
import importlib
import importlib.util
from pathlib import Path
from typing import Any

import pytest
import yaml
from dagster import DagsterInstance, DagsterRunStatus
from sqlalchemy import create_engine, text

from coin_models.exit_codes import ExitCode
from coin_models_tests.defs.fixtures import create_run
from coin_models_tests.docs.reference import REPOSITORY

_DEPLOY = REPOSITORY / "deploy"


def _yaml(name: str) -> Any:
    return yaml.safe_load((_DEPLOY / name).read_text(encoding="utf-8"))


def test_the_unit_of_a_worker_repeats_an_outage_and_neither_a_refusal_nor_an_idle_end() -> None:
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.read(_DEPLOY / "systemd" / "coin-models-worker.service", encoding="utf-8")
    unit = parser["Service"]

    assert unit["ExecStart"].endswith("coin-models worker")
    assert unit["Restart"] == "on-failure"  # systemd.service(5): not after a clean exit, 0
    assert unit["RestartPreventExitStatus"] == str(int(ExitCode.MISUSE))


def test_a_pod_of_a_worker_ends_when_idle_and_is_not_restarted_in_place() -> None:
    spec = _yaml("kubernetes/worker.yaml")["spec"]
    pod = spec["jobTargetRef"]["template"]["spec"]
    (container,) = pod["containers"]
    grace = {item["name"]: item["value"] for item in container["env"]}["COIN_MODELS_INTERRUPTION_GRACE_SECONDS"]

    assert container["command"][-4:-1] == ["coin-models", "worker", "--idle-minutes"]
    assert (pod["restartPolicy"], spec["jobTargetRef"]["backoffLimit"]) == ("Never", 0)
    assert float(grace) < pod["terminationGracePeriodSeconds"]
    assert pod["securityContext"]["runAsNonRoot"] is True


def test_kubernetes_starts_a_worker_for_each_shard_that_has_runs_to_do(tmp_path: Path) -> None:
    (trigger,) = _yaml("kubernetes/worker.yaml")["spec"]["triggers"]
    waiting, done = DagsterRunStatus.QUEUED, DagsterRunStatus.SUCCESS
    runs = [(waiting, "1/3"), (waiting, "1/3"), (DagsterRunStatus.STARTED, "2/3"), (done, "3/3"), (waiting, None)]
    with DagsterInstance.local_temp(str(tmp_path)) as instance:
        for status, shard in runs:
            create_run(instance, status, {"shard": shard} if shard else {})
    with create_engine(f"sqlite:///{tmp_path}/history/runs.db").connect() as connection:
        counted = connection.execute(text(trigger["metadata"]["query"])).scalar_one()

    assert counted == 3  # the shards 1/3 and 2/3, and a run without a shard
    assert trigger["metadata"]["targetQueryValue"] == "1"


def test_skypilot_rents_spot_for_a_worker_that_ends_when_idle() -> None:
    task = _yaml("skypilot/worker.yaml")

    assert any(option["use_spot"] for option in task["resources"]["any_of"])
    assert "coin-models worker --idle-minutes" in task["run"]
    assert "fleet" in task["setup"]


@pytest.mark.skipif(
    importlib.util.find_spec("sky") is None, reason="SkyPilot is not installed: its schema is not available"
)
def test_skypilot_accepts_the_worker() -> None:
    task = importlib.import_module("sky").Task.from_yaml(str(_DEPLOY / "skypilot" / "worker.yaml"))

    assert task.name == "coin-models-worker"

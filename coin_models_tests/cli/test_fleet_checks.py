"""The doctor's checks of a fleet."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from coin_models.cli.fleet_checks import check_queues, check_workers
from coin_models.diagnostics.findings import Level
from coin_models.operations.workers import ControlPlane, FleetWorker

AT = datetime(2026, 3, 10, 2, tzinfo=UTC)
WORKER = FleetWorker(
    worker_id="w1",
    machine="pod-1",
    device="RTX 3090",
    queues=("any",),
    provider="runpod",
    market="spot",
    price_usd_per_hour=0.22,
    code_version="v1",
    task_id=None,
    task_since=AT,
    started_at=AT,
)
CONTROL = ControlPlane(machine="control-1", code_version="v1")


def test_workers_and_a_control_plane_with_one_code_are_fine() -> None:
    finding = check_workers([WORKER, replace(WORKER, task_id="message 1")], CONTROL, "v1")

    assert (finding.level, finding.text) == (Level.OK, "2 live, 1 idle, all with training code v1")


@pytest.mark.parametrize(
    ("workers", "control", "words"),
    [
        ([WORKER], None, "no control plane"),
        ([], CONTROL, "no live worker"),
        ([WORKER, replace(WORKER, machine="pod-2", code_version="v2")], CONTROL, "other code: pod-2 v2"),
        ([WORKER], replace(CONTROL, code_version="v0"), "the control plane on control-1 v0"),
    ],
)
def test_what_is_missing_or_of_other_code_is_a_warning(
    workers: list[FleetWorker], control: ControlPlane | None, words: str
) -> None:
    finding = check_workers(workers, control, "v1")

    assert finding.level is Level.WARNING
    assert words in finding.text


def test_the_depth_of_each_queue_is_shown() -> None:
    finding = check_queues("127.0.0.1:6379", {"any": 3, "gpu": 0})

    assert finding.text == "127.0.0.1:6379 answers; runs that wait for a worker: any 3, gpu 0"

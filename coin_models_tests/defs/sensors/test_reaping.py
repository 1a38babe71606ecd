"""Runs whose worker is dead are ended and their slots freed; all others are left alone. On a real Dagster instance."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from dagster import DagsterEvent, DagsterEventType, DagsterInstance, DagsterRunStatus

from coin_models.clock import FixedClock
from coin_models.defs.instance.home import open_instance
from coin_models.defs.sensors.reaping import ReapResult, reap
from coin_models.operations.leases import run_lease
from coin_models.pipeline.services import Services
from coin_models_tests.defs.dagster_tags import WILL_RETRY_TAG
from coin_models_tests.defs.fixtures import create_run, small_settings

NOT_STARTED, QUEUED, STARTING = DagsterRunStatus.NOT_STARTED, DagsterRunStatus.QUEUED, DagsterRunStatus.STARTING
STARTED, CANCELING, CANCELED = DagsterRunStatus.STARTED, DagsterRunStatus.CANCELING, DagsterRunStatus.CANCELED
FAILURE, SUCCESS = DagsterRunStatus.FAILURE, DagsterRunStatus.SUCCESS


class Daemon:
    """A Dagster instance, the project's tables, and a clock to move."""

    def __init__(self, services: Services, clock: FixedClock, instance: DagsterInstance) -> None:
        self.services, self.clock, self.instance = services, clock, instance

    def run(self, status: DagsterRunStatus, *, holds_lease: bool = False) -> str:
        run_id = create_run(self.instance, status)
        if holds_lease:
            self.services.leases.acquire([run_lease(run_id)], f"session of {run_id}", run_id=run_id)
        return run_id

    def reap_after(self, seconds: float) -> ReapResult:
        self.clock.advance(timedelta(seconds=seconds))
        return reap(self.services, self.instance)

    def status(self, run_id: str) -> DagsterRunStatus:
        run = self.instance.get_run_by_id(run_id)
        assert run is not None
        return run.status


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[Daemon]:
    clock = FixedClock(datetime.now(UTC))
    settings = small_settings(tmp_path / "home")
    operations = settings.operations.model_copy(update={"lease_seconds": 30.0})
    services = Services(settings=settings.model_copy(update={"operations": operations}), clock=clock)
    with open_instance(services.settings) as instance:
        yield Daemon(services, clock, instance)
    services.database.close()


def test_a_run_whose_lease_ran_out_is_failed_with_the_reason(daemon: Daemon) -> None:
    run_id = daemon.run(STARTED, holds_lease=True)

    reaped = daemon.reap_after(31.0)

    assert daemon.status(run_id) is FAILURE
    assert list(reaped.runs) == [run_id]
    (message,) = [e.message for e in daemon.instance.all_logs(run_id) if "its worker is dead" in (e.message or "")]
    assert "Published models are kept" in message


def test_what_is_launched_in_place_of_a_dead_run_does_not_inherit_its_machine(daemon: Daemon) -> None:
    run_id = daemon.run(STARTED, holds_lease=True)
    daemon.instance.add_run_tags(run_id, {"machine": "pod-3"})

    daemon.reap_after(31.0)
    run = daemon.instance.get_run_by_id(run_id)

    assert run is not None
    assert run.tags["machine"] == "none"  # run retries copy the tags
    assert [e.message for e in daemon.instance.all_logs(run_id) if "(machine pod-3)" in (e.message or "")]


@pytest.mark.parametrize(("status", "machine"), [(QUEUED, "none"), (STARTED, "pod-3"), (SUCCESS, "pod-3")])
def test_a_run_that_waits_in_the_queue_names_no_machine(status: DagsterRunStatus, machine: str, daemon: Daemon) -> None:
    run_id = daemon.run(status)
    daemon.instance.add_run_tags(run_id, {"machine": "pod-3"})

    daemon.reap_after(0.0)
    run = daemon.instance.get_run_by_id(run_id)

    assert run is not None
    assert run.tags["machine"] == machine


def test_run_retries_launch_a_dead_run_again(daemon: Daemon) -> None:
    run_id = daemon.run(STARTED, holds_lease=True)

    daemon.reap_after(31.0)
    run = daemon.instance.get_run_by_id(run_id)

    assert run is not None
    assert run.tags[WILL_RETRY_TAG] == "true"


def test_a_run_whose_lease_lives_is_left_alone(daemon: Daemon) -> None:
    run_id = daemon.run(STARTED, holds_lease=True)

    reaped = daemon.reap_after(29.0)

    assert daemon.status(run_id) is STARTED
    assert str(reaped) == "no dead runs, 1 run(s) alive"


@pytest.mark.parametrize("status", [QUEUED, SUCCESS, FAILURE, CANCELED])
def test_runs_that_wait_or_have_ended_are_never_touched(status: DagsterRunStatus, daemon: Daemon) -> None:
    run_id = daemon.run(status)

    reaped = daemon.reap_after(100_000.0)

    assert daemon.status(run_id) is status
    assert reaped.runs == {}


@pytest.mark.parametrize(("seconds", "status"), [(110.0, NOT_STARTED), (130.0, FAILURE)])
def test_a_run_that_was_created_and_never_submitted_is_failed_and_launched_again(
    seconds: float, status: DagsterRunStatus, daemon: Daemon
) -> None:
    run_id = daemon.run(NOT_STARTED)
    first = daemon.reap_after(1000.0)

    reaped = daemon.reap_after(seconds)

    run = daemon.instance.get_run_by_id(run_id)
    assert run is not None
    assert (run.status, first.runs) == (status, {})
    assert list(reaped.runs) == ([run_id] if status is FAILURE else [])
    assert run.tags.get(WILL_RETRY_TAG) == ("true" if status is FAILURE else None)


def test_a_run_that_was_seen_before_it_was_submitted_and_waited_long_has_its_two_minutes_to_start(
    daemon: Daemon,
) -> None:
    run_id = daemon.run(NOT_STARTED)
    daemon.reap_after(0.0)
    for event_type in (DagsterEventType.PIPELINE_ENQUEUED, DagsterEventType.PIPELINE_STARTING):
        event = DagsterEvent(event_type_value=event_type.value, job_name="some_job")
        daemon.instance.report_dagster_event(event, run_id)
        daemon.reap_after(1000.0)

    daemon.reap_after(110.0)
    before = daemon.status(run_id)
    daemon.reap_after(11.0)

    assert (before, daemon.status(run_id)) == (STARTING, FAILURE)


def test_a_dead_run_that_was_asked_to_stop_is_cancelled_and_not_failed(daemon: Daemon) -> None:
    run_id = daemon.run(CANCELING, holds_lease=True)

    daemon.reap_after(31.0)

    assert daemon.status(run_id) is CANCELED


@pytest.mark.parametrize(("seconds", "status"), [(110.0, STARTING), (130.0, FAILURE)])
def test_a_worker_has_two_minutes_to_come_up_from_when_the_reaper_first_saw_its_run(
    seconds: float, status: DagsterRunStatus, daemon: Daemon
) -> None:
    run_id = daemon.run(STARTING)
    daemon.reap_after(1000.0)

    daemon.reap_after(seconds)

    assert daemon.status(run_id) is status


def test_a_worker_that_said_it_began_has_no_longer_to_open_its_session(daemon: Daemon) -> None:
    run_id = daemon.run(STARTING)
    daemon.reap_after(0.0)
    began = DagsterEvent(event_type_value=DagsterEventType.PIPELINE_START.value, job_name="some_job")
    daemon.instance.report_dagster_event(began, run_id)

    daemon.reap_after(110.0)
    before = daemon.status(run_id)
    daemon.reap_after(11.0)

    assert (before, daemon.status(run_id)) == (STARTED, FAILURE)


@pytest.mark.parametrize(("seconds", "status"), [(20.0, STARTED), (31.0, FAILURE)])
def test_a_worker_that_closed_its_session_may_still_say_how_the_run_ended(
    seconds: float, status: DagsterRunStatus, daemon: Daemon
) -> None:
    run_id = daemon.run(STARTED, holds_lease=True)
    daemon.services.leases.release_all(f"session of {run_id}")

    daemon.reap_after(seconds)

    assert daemon.status(run_id) is status


def test_the_slots_of_a_dead_run_are_free_again(daemon: Daemon) -> None:
    storage = daemon.instance.event_log_storage
    storage.initialize_concurrency_limit_to_default("trainer")
    dead, waiting = daemon.run(STARTED, holds_lease=True), daemon.run(QUEUED)
    first = storage.claim_concurrency_slot("trainer", dead, "model")
    second = storage.claim_concurrency_slot("trainer", waiting, "model")

    daemon.reap_after(31.0)

    assert (first.is_claimed, second.is_claimed) == (True, False)
    assert storage.claim_concurrency_slot("trainer", waiting, "model").is_claimed


def test_reaping_twice_ends_a_run_once(daemon: Daemon) -> None:
    run_id = daemon.run(STARTED, holds_lease=True)
    daemon.reap_after(31.0)
    num_events = len(daemon.instance.all_logs(run_id))

    again = daemon.reap_after(31.0)

    assert again.runs == {}
    assert len(daemon.instance.all_logs(run_id)) == num_events

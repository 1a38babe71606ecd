"""Runs of a fleet: which launcher Dagster uses, and what the reaper makes of runs that wait for a worker."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from dagster import DagsterInstance, DagsterRunStatus
from pydantic import SecretStr

from coin_models.clock import FixedClock
from coin_models.defs.failures import cause_of_run
from coin_models.defs.fleet.launcher import FleetRunLauncher
from coin_models.defs.instance.home import open_instance
from coin_models.defs.instance.pools import TRAINER_POOL
from coin_models.defs.sensors.reaping import reap
from coin_models.errors import BrokerUnavailable
from coin_models.pipeline.services import Services
from coin_models.settings.fleet import FleetSettings
from coin_models_tests.defs.fixtures import small_settings, some_job

STARTING, FAILURE = DagsterRunStatus.STARTING, DagsterRunStatus.FAILURE
NO_BROKER_THERE = SecretStr("redis://:secret-of-the-broker@127.0.0.1:1/0")


class ControlPlane:
    """A Dagster instance with the fleet's launcher, the project's tables, and a clock to move. No broker is needed."""

    def __init__(self, services: Services, clock: FixedClock, instance: DagsterInstance) -> None:
        self.services, self.clock, self.instance = services, clock, instance

    def launched(self) -> str:
        return self.instance.create_run_for_job(some_job, status=STARTING).run_id

    def worker(self, *, works_on: str | None = None) -> None:
        worker_id = self.services.workers.open(self.services.settings.costs, queues=("any",), code_version="v1")
        self.services.workers.beat(worker_id, works_on)

    def beat(self, works_on: str | None) -> None:
        for worker in self.services.workers.live():
            self.services.workers.beat(worker.worker_id, works_on)

    def reap_after(self, seconds: float) -> None:
        self.clock.advance(timedelta(seconds=seconds))
        reap(self.services, self.instance)

    def status(self, run_id: str) -> DagsterRunStatus:
        run = self.instance.get_run_by_id(run_id)
        assert run is not None
        return run.status

    @property
    def pool_limit(self) -> int:
        return self.instance.event_log_storage.get_concurrency_info(TRAINER_POOL).slot_count


@pytest.fixture
def control(tmp_path: Path) -> Iterator[ControlPlane]:
    clock = FixedClock(datetime.now(UTC))
    settings = small_settings(tmp_path / "home").model_copy(update={"fleet": FleetSettings(broker_url=NO_BROKER_THERE)})
    services = Services(settings=settings, clock=clock)
    with open_instance(settings) as instance:
        yield ControlPlane(services, clock, instance)
    services.close()


def test_a_broker_in_the_settings_makes_runs_messages_and_its_password_is_in_no_file(
    control: ControlPlane, tmp_path: Path
) -> None:
    written = (tmp_path / "home" / "dagster" / "dagster.yaml").read_text(encoding="utf-8")

    assert isinstance(control.instance.run_launcher, FleetRunLauncher)
    assert not control.instance.run_launcher.supports_check_run_worker_health
    assert "secret-of-the-broker" not in written


def test_a_run_of_the_command_line_is_not_this_launchers_to_end(control: ControlPlane) -> None:
    assert control.instance.run_launcher.terminate(control.launched()) is False


def test_a_run_waits_in_the_queue_for_as_long_as_every_worker_is_busy(control: ControlPlane) -> None:
    control.worker(works_on="another message")
    run_id = control.launched()

    for _ in range(4):
        control.beat("another message")
        control.reap_after(100.0)

    assert control.status(run_id) is STARTING


def test_a_run_that_an_idle_worker_does_not_take_is_lost_and_made_again(control: ControlPlane) -> None:
    control.worker()
    run_id = control.launched()
    control.reap_after(0.0)

    for _ in range(2):
        control.beat(None)
        control.reap_after(0.6 * control.services.settings.operations.run_start_seconds)

    assert control.status(run_id) is FAILURE


def test_the_pools_limit_is_the_number_of_live_workers_and_at_least_one(control: ControlPlane) -> None:
    control.reap_after(0.0)
    alone = control.pool_limit
    for _ in range(3):
        control.worker()
    control.reap_after(1.0)
    three = control.pool_limit
    control.reap_after(control.services.settings.operations.lease_seconds)

    assert (alone, three, control.pool_limit) == (1, 3, 1)


def test_a_launch_without_a_broker_fails_at_once_and_the_run_names_it(control: ControlPlane) -> None:
    run_id = control.instance.create_run_for_job(some_job).run_id
    with pytest.raises(BrokerUnavailable, match="does not answer") as raised:
        control.instance.launch_run(run_id, workspace=None)

    assert "secret-of-the-broker" not in str(raised.value)
    assert control.status(run_id) is FAILURE
    assert "the broker 127.0.0.1:1 does not answer" in cause_of_run(control.instance, run_id)

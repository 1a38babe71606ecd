"""The doctor's checks of Dagster, on the instance of a fresh home."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from dagster import DagsterInstance, DefaultScheduleStatus, Definitions, ScheduleDefinition, job, op
from dagster._core.definitions.run_request import InstigatorType
from dagster._core.remote_origin import RegisteredCodeLocationOrigin, RemoteRepositoryOrigin
from dagster._core.scheduler.instigation import InstigatorState, InstigatorStatus, ScheduleInstigatorData
from dagster._daemon.types import DaemonHeartbeat

from coin_models.cli.dagster_checks import check_automation, check_daemon, turned_in_the_ui
from coin_models.defs.instance.home import open_instance
from coin_models.diagnostics.findings import Level
from coin_models.settings.root import Settings


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[DagsterInstance]:
    with open_instance(Settings(home=tmp_path)) as opened:
        yield opened


def _definitions(status: DefaultScheduleStatus) -> Definitions:
    @op
    def nothing() -> None:
        """Does nothing."""

    @job
    def work() -> None:
        nothing()

    return Definitions(
        schedules=[ScheduleDefinition(name="nightly", job=work, cron_schedule="0 2 * * *", default_status=status)]
    )


def _beat(instance: DagsterInstance, seconds_ago: float) -> None:
    for name in instance.get_required_daemon_types():
        instance.add_daemon_heartbeat(DaemonHeartbeat(time.time() - seconds_ago, name, daemon_id="test", errors=[]))


def test_a_daemon_that_beats_is_ok(instance: DagsterInstance) -> None:
    _beat(instance, seconds_ago=1)

    assert check_daemon(instance).level is Level.OK


def test_a_daemon_that_fell_silent_is_a_warning_that_says_how_to_start_it(instance: DagsterInstance) -> None:
    _beat(instance, seconds_ago=10_000)
    finding = check_daemon(instance)

    assert finding.level is Level.WARNING
    assert "coin-models ui" in finding.advice


def test_a_schedule_that_is_on_by_default_is_ok(instance: DagsterInstance) -> None:
    finding = check_automation(turned_in_the_ui(instance), _definitions(DefaultScheduleStatus.RUNNING))

    assert (finding.level, finding.text) == (Level.OK, "on: nightly")


def test_a_schedule_that_is_off_by_default_is_a_warning(instance: DagsterInstance) -> None:
    finding = check_automation(turned_in_the_ui(instance), _definitions(DefaultScheduleStatus.STOPPED))

    assert (finding.level, finding.text) == (Level.WARNING, "off: nightly")


def test_a_schedule_that_somebody_turned_off_in_the_ui_is_a_warning(instance: DagsterInstance) -> None:
    origin = RemoteRepositoryOrigin(RegisteredCodeLocationOrigin("coin_models"), "__repository__")
    turned_off = InstigatorState(
        origin.get_instigator_origin("nightly"),
        InstigatorType.SCHEDULE,
        InstigatorStatus.STOPPED,
        ScheduleInstigatorData("0 2 * * *"),
    )
    instance.add_instigator_state(turned_off)
    finding = check_automation(turned_in_the_ui(instance), _definitions(DefaultScheduleStatus.RUNNING))

    assert (finding.level, finding.text) == (Level.WARNING, "off: nightly")

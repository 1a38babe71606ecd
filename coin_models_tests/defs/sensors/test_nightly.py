"""A disabled schedule requests no further night; earlier nights and other requests stay."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from dagster import DagsterInstance
from dagster._core.scheduler.instigation import InstigatorStatus

from coin_models.clock import FixedClock
from coin_models.defs.runs import NIGHTLY
from coin_models.defs.sensors.nightly import is_schedule_off, newest_night, turn_schedule_off
from coin_models.defs.sensors.resuming import what_to_resume
from coin_models.pipeline.services import Services
from coin_models_tests.defs.fixtures import register_schedule, small_settings

COINS = ("BTC", "ETH")
TODAY = date(2026, 3, 11)
FIRST, LAST_NIGHT = TODAY - timedelta(days=3), TODAY - timedelta(days=1)


@pytest.fixture
def services(tmp_path: Path, clock: FixedClock) -> Iterator[Services]:
    with Services(settings=small_settings(tmp_path / "home", coins=COINS), clock=clock) as opened:
        yield opened


def test_an_untouched_schedule_is_on_and_its_request_has_no_end(services: Services, instance: DagsterInstance) -> None:
    register_schedule(instance, InstigatorStatus.DECLARED_IN_CODE)
    services.requests.ask(FIRST, None, None, NIGHTLY)

    resumption = what_to_resume(services, instance, COINS)

    assert not is_schedule_off(instance)
    assert list(resumption.wanted) == [FIRST, FIRST + timedelta(days=1), LAST_NIGHT]
    assert services.requests.all()[0].last_day is None


def test_nights_after_the_schedule_was_turned_off_are_not_wanted_and_those_before_are(
    services: Services, instance: DagsterInstance, clock: FixedClock
) -> None:
    services.requests.ask(FIRST, None, None, NIGHTLY)
    register_schedule(instance, InstigatorStatus.STOPPED)

    at_once = what_to_resume(services, instance, COINS)
    clock.advance(timedelta(days=2))
    later = what_to_resume(services, instance, COINS)

    assert list(at_once.wanted) == list(later.wanted) == [FIRST, FIRST + timedelta(days=1), LAST_NIGHT]
    assert [request.last_day for request in services.requests.all()] == [LAST_NIGHT]
    assert "the schedule `nightly` is off" in str(later)


def test_what_a_person_asked_for_is_wanted_while_the_schedule_is_off(
    services: Services, instance: DagsterInstance
) -> None:
    register_schedule(instance, InstigatorStatus.STOPPED)
    services.requests.ask(LAST_NIGHT, LAST_NIGHT, ["ETH"], "the UI")

    assert what_to_resume(services, instance, COINS).wanted == {LAST_NIGHT: ["ETH"]}


def test_turning_it_off_is_what_the_switch_in_the_ui_does(instance: DagsterInstance) -> None:
    unknown = turn_schedule_off(instance)
    register_schedule(instance, InstigatorStatus.DECLARED_IN_CODE)

    turned = turn_schedule_off(instance)

    assert (unknown, turned) == (False, True)
    assert is_schedule_off(instance)


@pytest.mark.parametrize(("hour", "minute", "days"), [(1, 59, 2), (2, 0, 1), (23, 0, 1)])
def test_a_night_is_due_at_two_of_the_next_day(hour: int, minute: int, days: int) -> None:
    now = datetime(2026, 3, 11, hour, minute, tzinfo=UTC)

    assert newest_night(now) == TODAY - timedelta(days=days)

"""The resume sensor trains requested coin-days and nothing else."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from dagster import DagsterInstance

from coin_models.clock import FixedClock
from coin_models.defs.sensors.resuming import what_to_resume
from coin_models.operations.attempts import AttemptAction, Outcome
from coin_models.pipeline.services import Services
from coin_models.settings.costs import CostSettings
from coin_models_tests.defs.fixtures import small_settings

UNIVERSE = tuple(f"C{number}" for number in range(20))
TODAY = date(2026, 3, 11)
OLD, NEXT = TODAY - timedelta(days=6), TODAY - timedelta(days=5)
TWO = ["C3", "C7"]


@pytest.fixture
def services(tmp_path: Path, clock: FixedClock) -> Iterator[Services]:
    with Services(settings=small_settings(tmp_path / "home", coins=UNIVERSE), clock=clock) as opened:
        yield opened


def test_two_coins_asked_for_on_old_days_are_two_coins_on_those_days(
    services: Services, instance: DagsterInstance
) -> None:
    services.requests.ask(OLD, NEXT, TWO, "coin-models retrain")

    resumption = what_to_resume(services, instance, UNIVERSE)

    assert resumption.wanted == {OLD: TWO, NEXT: TWO}
    assert "requested 2 coin(s), wanted by coin-models retrain" in str(resumption)


def test_what_was_only_tried_once_is_not_asked_for(services: Services, instance: DagsterInstance) -> None:
    session = services.sessions.open(CostSettings(), code_version="0" * 64).session_id
    services.attempts.record(OLD, session, dict.fromkeys(TWO, (Outcome.INTERRUPTED, AttemptAction.TRAINED, "SIGTERM")))

    resumption = what_to_resume(services, instance, UNIVERSE)

    assert resumption.wanted == {}
    assert "no requests in the last 7 days" in str(resumption)


def test_a_coin_whose_candles_cannot_be_read_is_asked_for_after_pauses_and_for_ever(
    services: Services, instance: DagsterInstance, clock: FixedClock
) -> None:
    services.requests.ask(OLD, OLD, TWO, "coin-models retrain")
    session = services.sessions.open(CostSettings(), code_version="0" * 64).session_id
    for _ in range(services.settings.operations.max_attempts + 1):
        services.attempts.record(
            OLD, session, {TWO[0]: (Outcome.FAILED, AttemptAction.FAILED, "C3.csv cannot be read")}
        )

    at_once = what_to_resume(services, instance, UNIVERSE).wanted
    clock.advance(timedelta(seconds=services.settings.operations.backoff_max_seconds))
    later = what_to_resume(services, instance, UNIVERSE).wanted

    assert (at_once, later) == ({OLD: [TWO[1]]}, {OLD: TWO})

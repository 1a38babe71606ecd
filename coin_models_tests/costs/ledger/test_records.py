"""Sessions and attempts as values."""

from datetime import datetime

import pytest

from coin_models_tests.costs.builders import at, attempt, session


def test_a_session_that_died_is_closed_at_its_last_heartbeat() -> None:
    dead = session(end=None, heartbeat_at=at(1800))

    assert dead.billed_seconds == 1800.0
    assert dead.cost_usd == pytest.approx(0.1)  # half an hour at 0.20


def test_a_clock_that_ran_backwards_never_makes_a_session_cost_less_than_nothing() -> None:
    early = session(begin=100, end=40)

    assert early.billed_seconds == 0.0


@pytest.mark.parametrize(
    ("reason", "was_taken"), [("finished", False), ("failed", False), ("interrupted", True), ("died", True)]
)
def test_a_session_that_ended_by_itself_was_not_taken(reason: str, was_taken: bool) -> None:
    assert session(reason=reason).was_taken is was_taken


def test_a_session_that_still_runs_was_not_taken() -> None:
    assert not session(end=None).was_taken


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="session s1: times are UTC-aware"):
        session(started_at=datetime(2025, 3, 2, 2))  # noqa: DTZ001 - the fault under test


def test_an_attempt_accounts_for_all_its_parts() -> None:
    parts = attempt(useful_seconds=1.0, redone_seconds=2.0, checkpoint_seconds=4.0, startup_seconds=8.0)

    assert parts.recorded_seconds == 15.0

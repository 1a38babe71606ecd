"""One process at a time has the turn; a killed one has it for ten minutes."""

from datetime import UTC, datetime, timedelta
from itertools import chain, repeat

import pytest

from coin_models.clock import FixedClock
from coin_models.db.database_clock import MachineClock
from coin_models.db.opening import empty_database
from coin_models.errors import Deferred
from coin_models.operations.leases import LeaseBook
from coin_models.operations.turns import HOME, Turn


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(datetime(2026, 3, 10, 2, tzinfo=UTC))


@pytest.fixture
def leases(clock: FixedClock) -> LeaseBook:
    return LeaseBook(empty_database(), MachineClock(clock), lease_seconds=60)


def test_the_turn_is_refused_while_another_has_it_and_free_afterwards(leases: LeaseBook) -> None:
    with (
        Turn(leases, HOME, "first"),
        pytest.raises(Deferred, match="for at most 10 minutes"),
        Turn(leases, HOME, "second"),
    ):
        pass

    with Turn(leases, HOME, "second"):
        pass


def test_the_turn_of_a_killed_process_ends_after_ten_minutes(leases: LeaseBook, clock: FixedClock) -> None:
    Turn(leases, HOME, "killed").__enter__()
    clock.advance(timedelta(minutes=9))
    with pytest.raises(Deferred), Turn(leases, HOME, "next"):
        pass
    clock.advance(timedelta(minutes=2))

    with Turn(leases, HOME, "next"):
        pass


def test_a_turn_that_is_renewed_lasts_and_one_that_was_taken_meanwhile_is_noticed(
    leases: LeaseBook, clock: FixedClock
) -> None:
    seconds = chain([0.0, 61.0, 61.0], repeat(1_000.0))
    turn = Turn(leases, HOME, "long", monotonic=lambda: next(seconds)).__enter__()
    clock.advance(timedelta(minutes=9))
    turn.renew()
    clock.advance(timedelta(minutes=9))
    with pytest.raises(Deferred), Turn(leases, HOME, "next"):
        pass

    clock.advance(timedelta(minutes=2))
    with Turn(leases, HOME, "next"), pytest.raises(Deferred):
        turn.renew()

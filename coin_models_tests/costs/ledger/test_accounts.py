"""Each session's time and money, divided among its coin-days."""

import pytest
from hypothesis import given, settings

from coin_models.costs.ledger.accounts import Seconds, entries_of
from coin_models.costs.ledger.records import AttemptRecord, SessionRecord
from coin_models_tests.costs.builders import at, attempt, session
from coin_models_tests.costs.strategies import histories


def spent(sessions: list[SessionRecord], attempts: list[AttemptRecord]) -> Seconds:
    """All of the sessions' seconds, by what they were spent on."""
    return sum((entry.seconds for entry in entries_of(sessions, attempts)), Seconds())


@settings(max_examples=100, deadline=None)
@given(histories())
def test_the_parts_sum_to_the_sessions(history: tuple[list[SessionRecord], list[AttemptRecord]]) -> None:
    sessions, attempts = history
    entries = entries_of(sessions, attempts)

    for one in sessions:
        own = [entry.seconds for entry in entries if entry.session is one]
        assert sum((part.billed for part in own), 0.0) == pytest.approx(one.billed_seconds, abs=1e-6)
        assert all(value >= 0 for part in own for value in (part.useful, part.redone, part.checkpoint, part.idle))
    assert sum(entry.cost_usd for entry in entries) == pytest.approx(sum(one.cost_usd for one in sessions), abs=1e-9)


def test_time_that_a_killed_attempt_could_not_record_counts_as_useful_once() -> None:
    # Two coins of one cohort ran from 600 s until the machine was gone at 3600 s: 3000 s together, not 6000.
    killed = [attempt(coin, begin=600, outcome="interrupted", ended_at=at(3600)) for coin in ("BTC", "ETH")]

    seconds = spent([session(reason="died")], killed)

    assert seconds.useful == pytest.approx(3000.0)
    assert seconds.startup == pytest.approx(600.0)


def test_what_finished_coins_recorded_is_not_counted_again_for_killed_ones() -> None:
    attempts = [attempt("BTC", useful_seconds=3000.0), attempt("ETH", outcome="interrupted", ended_at=at(3600))]

    entries = entries_of([session(reason="died")], attempts)

    assert sum(entry.seconds.useful for entry in entries) == pytest.approx(3600.0)
    assert [entry.coin for entry in entries if entry.trained] == ["BTC"]


def test_attempts_that_claim_more_than_the_session_had_are_scaled_to_it() -> None:
    seconds = spent([session()], [attempt("BTC", useful_seconds=5400.0, redone_seconds=1800.0)])

    assert (seconds.useful, seconds.redone) == pytest.approx((2700.0, 900.0))


def test_seconds_add_and_scale_part_by_part() -> None:
    one = Seconds(useful=1.0, redone=2.0, checkpoint=3.0, startup=4.0, idle=5.0)

    assert (one + one).scaled(0.5) == one
    assert one.billed == 15.0

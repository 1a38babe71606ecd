"""An unavailable service is waited for a bounded time, once; both ends of the wait are logged."""

import logging

import pytest

from coin_models.errors import StoreRefused, StoreUnavailable
from coin_models.retrying import Backoff


class Away:
    """A service that fails its first calls, and a clock that moves only while something sleeps or is called."""

    def __init__(self, *, failures: int, error: Exception | None = None, seconds_a_call: float = 0.0) -> None:
        self.failures, self.now, self.calls = failures, 0.0, 0
        self._error = error or StoreUnavailable("could not put a: 503 SlowDown")
        self._seconds_a_call = seconds_a_call
        self.pauses: list[float] = []

    def call(self) -> str:
        self.calls += 1
        self.now += self._seconds_a_call
        if self.calls <= self.failures:
            raise type(self._error)(*self._error.args)
        return "done"

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds

    def backoff(self, seconds: float) -> Backoff:
        return Backoff(seconds, service="the store", sleep=self.sleep, monotonic=lambda: self.now)


def test_a_service_that_comes_back_answers_and_both_ends_of_the_wait_are_told(caplog: pytest.LogCaptureFixture) -> None:
    away = Away(failures=8)
    with caplog.at_level(logging.WARNING):
        done = away.backoff(30).run(away.call)

    assert (done, away.calls) == ("done", 9)
    assert [record.getMessage() for record in caplog.records] == [
        "cannot reach the store, retrying for 30 s: could not put a: 503 SlowDown",
        f"the store answers again after {away.now:.1f} s",
    ]


def test_pauses_grow_to_their_limit_with_jitter() -> None:
    away = Away(failures=1000)
    with pytest.raises(StoreUnavailable):
        away.backoff(60).run(away.call)

    # Doubling windows from 0.1 s: the 5th ends at 1.6 s, all later ones at 2 s.
    assert 0.05 <= away.pauses[0] <= 0.1
    assert max(away.pauses[:5]) <= 1.6
    assert 1.0 < max(away.pauses) <= 2.0
    assert 58 <= sum(away.pauses) <= 60


def test_the_time_that_the_tries_themselves_take_counts() -> None:
    away = Away(failures=1000, seconds_a_call=30)
    with pytest.raises(StoreUnavailable):
        away.backoff(60).run(away.call)

    assert away.calls == 2  # a third would have started after 60 s


def test_a_service_that_stays_away_is_given_up_once_and_not_waited_for_again() -> None:
    away = Away(failures=1000)
    backoff = away.backoff(30)
    for _ in range(2):
        with pytest.raises(StoreUnavailable):
            backoff.run(away.call)
    pauses = len(away.pauses)
    with pytest.raises(StoreUnavailable):
        backoff.run(away.call)

    assert len(away.pauses) == pauses
    assert away.now <= 30


def test_after_it_came_back_its_next_absence_is_waited_for_anew() -> None:
    away = Away(failures=1000)
    backoff = away.backoff(30)
    with pytest.raises(StoreUnavailable):
        backoff.run(away.call)
    away.failures = away.calls
    backoff.run(away.call)
    away.failures = away.calls + 3

    assert backoff.run(away.call) == "done"


def test_what_waiting_cannot_help_is_raised_at_once_and_nothing_is_said(caplog: pytest.LogCaptureFixture) -> None:
    away = Away(failures=1000, error=StoreRefused("no permission"))
    with caplog.at_level(logging.WARNING), pytest.raises(StoreRefused):
        away.backoff(30).run(away.call)

    assert (away.calls, away.pauses, caplog.records) == (1, [], [])


def test_without_patience_there_is_one_try_and_no_promise_of_more(caplog: pytest.LogCaptureFixture) -> None:
    away = Away(failures=1000)
    with caplog.at_level(logging.WARNING), pytest.raises(StoreUnavailable):
        away.backoff(0).run(away.call)

    assert (away.calls, caplog.records) == (1, [])

"""When a coin-day is tried again: errors of the coin lead to quarantine, errors of a place never do, both pauses are
capped.
"""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coin_models.operations.retry import Retry, RetryPolicy, RetryState, Tries

NOW = datetime(2026, 3, 11, 2, tzinfo=UTC)
POLICY = RetryPolicy(
    max_attempts=6, backoff_seconds=60.0, backoff_max_seconds=300.0, unavailable_seconds=30.0, unavailable_max_seconds=900.0
)  # fmt: skip


def failed(number: int) -> Tries:
    return Tries(num_failed=number, last_failed_at=NOW, reason="the loss is no longer finite")


def away(number: int) -> Tries:
    return Tries(num_unavailable=number, last_unavailable_at=NOW, reason="source unavailable: 503")


def seconds(retry: Retry) -> float:
    assert retry.retry_at is not None
    return (retry.retry_at - NOW).total_seconds()


def test_what_was_never_tried_in_vain_is_free() -> None:
    assert POLICY.retry(Tries()) == Retry(state=RetryState.FREE)
    assert POLICY.retry(Tries()).is_due(NOW)


def test_pauses_after_errors_of_the_coin_double_up_to_their_cap() -> None:
    assert [seconds(POLICY.retry(failed(number))) for number in range(1, 6)] == [60, 120, 240, 300, 300]


def test_a_coin_day_out_of_attempts_is_quarantined_for_ever() -> None:
    retry = POLICY.retry(failed(6))

    assert (retry.state, retry.retry_at, retry.num_failed) == (RetryState.QUARANTINED, None, 6)
    assert not retry.is_due(NOW + timedelta(days=365))


def test_what_is_never_given_up_is_tried_again_after_the_longest_pause() -> None:
    retry = POLICY.retry(failed(6), gives_up=False)

    assert (retry.state, seconds(retry)) == (RetryState.FAILED, 300)


def test_pauses_after_errors_of_a_place_double_up_to_a_cap_of_their_own() -> None:
    assert [seconds(POLICY.retry(away(number))) for number in range(1, 8)] == [30, 60, 120, 240, 480, 900, 900]


@given(st.integers(1, 10_000))
def test_errors_of_a_place_never_quarantine(number: int) -> None:
    retry = POLICY.retry(away(number))

    assert retry.state is RetryState.UNAVAILABLE
    assert retry.is_due(NOW + timedelta(seconds=900))


@pytest.mark.parametrize(("after_seconds", "is_due"), [(29.9, False), (30.0, True)])
def test_it_is_due_at_the_end_of_the_pause(after_seconds: float, is_due: bool) -> None:
    assert POLICY.retry(away(1)).is_due(NOW + timedelta(seconds=after_seconds)) is is_due


@given(st.integers(0, 9), st.integers(0, 20), st.integers(-2000, 2000))
def test_of_two_pauses_the_longer_one_counts(num_failed: int, num_away: int, apart: int) -> None:
    both = Tries(
        num_failed=num_failed,
        last_failed_at=NOW if num_failed else None,
        num_unavailable=num_away,
        last_unavailable_at=NOW + timedelta(seconds=apart) if num_away else None,
    )
    alone = [
        POLICY.retry(Tries(num_failed=num_failed, last_failed_at=both.last_failed_at)),
        POLICY.retry(Tries(num_unavailable=num_away, last_unavailable_at=both.last_unavailable_at)),
    ]

    retry = POLICY.retry(both)

    assert retry.is_due(NOW + timedelta(days=1)) == (num_failed < 6)
    if retry.state is not RetryState.QUARANTINED:
        assert retry.retry_at == max((one.retry_at for one in alone if one.retry_at), default=None)


@pytest.mark.parametrize(
    ("answered_after", "pause"), [(-1.0, 900), (0.0, 900), (60.0, 60), (899.0, 899), (1000.0, 900)]
)
def test_a_pause_after_errors_of_a_place_ends_when_the_places_answer_later(answered_after: float, pause: float) -> None:
    answered_at = NOW + timedelta(seconds=answered_after)

    assert seconds(POLICY.retry(away(9), answered_at=answered_at)) == pause


def test_an_answer_of_the_places_ends_no_pause_of_the_coins_own() -> None:
    tries = Tries(num_failed=3, last_failed_at=NOW, num_unavailable=9, last_unavailable_at=NOW)

    retry = POLICY.retry(tries, answered_at=NOW + timedelta(seconds=30))

    assert (retry.state, seconds(retry)) == (RetryState.FAILED, 240)

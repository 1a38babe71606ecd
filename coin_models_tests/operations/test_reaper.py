"""Dead sessions are closed, their leases end, their attempts count as interrupted and not as failed."""

from datetime import datetime

from coin_models.operations.attempts import AttemptAction, Outcome
from coin_models.operations.leases import coin_day_lease
from coin_models_tests.operations.repositories import DAY, Books

BTC = coin_day_lease("BTC", DAY)


def outcomes(books: Books) -> list[tuple[str, str, str | None]]:
    return [(a.coin, a.outcome.value, a.reason) for a in books.attempts.between(DAY, DAY)]


def test_a_session_silent_for_the_life_of_a_lease_is_closed_at_its_last_heartbeat(books: Books) -> None:
    session = books.open_session()
    books.wait(10.0)
    books.sessions.heartbeat(session)
    last_heard = books.clock.now()
    books.attempts.begin(["BTC"], DAY, session)
    books.wait(31.0)

    reaped = books.reap()

    assert reaped.session_ids == (session,)
    assert books.sessions.open_sessions() == []
    (attempt,) = books.attempts.between(DAY, DAY)
    assert (attempt.outcome, attempt.ended_at) == (Outcome.INTERRUPTED, last_heard)
    assert attempt.reason == f"session {session[:8]} ended without notice; last heartbeat at 2026-03-11 02:00:10 UTC"


def test_a_session_that_beats_is_left_alone(books: Books) -> None:
    session = books.open_session()
    books.attempts.begin(["BTC"], DAY, session)
    for _ in range(4):
        books.wait(20.0)
        books.sessions.heartbeat(session)

    reaped = books.reap()

    assert reaped.session_ids == ()
    assert outcomes(books) == [("BTC", "running", None)]


def test_a_process_that_is_known_to_be_gone_gives_up_its_leases_at_once(books: Books) -> None:
    session = books.open_session()
    books.leases.acquire([BTC], session)
    asked: list[int] = []

    def is_gone(host: str, process_id: int, started_at: datetime) -> bool:
        asked.append(process_id)
        return True

    books.reap(is_gone)

    assert len(asked) == 1
    assert set(books.leases.acquire([BTC], "successor")) == {BTC}


def test_a_reaped_session_hears_from_its_next_heartbeat_that_it_is_over(books: Books) -> None:
    session = books.open_session()
    before = books.sessions.heartbeat(session)
    books.wait(31.0)
    books.reap()

    assert before
    assert not books.sessions.heartbeat(session)


def test_a_reaped_session_cannot_rewrite_how_it_ended(books: Books) -> None:
    session = books.open_session()
    attempt = books.attempts.begin(["BTC"], DAY, session)["BTC"]
    books.wait(31.0)
    books.reap()

    books.attempts.finish(attempt, Outcome.FAILED, action=AttemptAction.FAILED, reason="too late")

    assert [outcome for _, outcome, _ in outcomes(books)] == ["interrupted"]


def test_attempts_that_a_closed_session_left_running_are_closed_too(books: Books) -> None:
    session = books.open_session()
    books.attempts.begin(["BTC", "ETH"], DAY, session)
    books.sessions.close(session, "finished")

    reaped = books.reap()

    assert [attempt.coin for attempt in reaped.attempts] == ["BTC", "ETH"]
    assert [outcome for _, outcome, _ in outcomes(books)] == ["interrupted", "interrupted"]


def test_reaping_twice_finds_nothing_the_second_time(books: Books) -> None:
    books.attempts.begin(["BTC"], DAY, books.open_session())
    books.wait(31.0)
    books.reap()

    again = books.reap()

    assert (again.session_ids, again.attempts) == ((), ())

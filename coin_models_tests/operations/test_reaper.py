"""Dead sessions are closed, their leases end, their attempts count as interrupted and not as failed."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from coin_models.clock import FixedClock
from coin_models.operations.attempts import AttemptAction, Outcome
from coin_models.operations.leases import coin_day_lease
from coin_models.operations.process import Process, this_process
from coin_models_tests.backends import Backend
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


def look(books: Books, times: int, *, seconds: float = 10.0, beats: Sequence[str] = ()) -> list[str]:
    """The reaper of another machine looks; sessions that it closed."""
    closed: list[str] = []
    for _ in range(times):
        books.wait(seconds)
        for session in beats:
            books.sessions.heartbeat(session)
        closed += books.reap(here="another machine", lease_seconds=120.0).session_ids
    return closed


def test_a_session_of_another_machine_that_misses_six_heartbeats_is_closed_while_the_database_answers(
    books: Books,
) -> None:
    silent, alive = books.open_session(), books.open_session()
    books.leases.acquire([BTC], silent)

    before, after = look(books, 3, beats=[alive]), look(books, 2, beats=[alive])

    assert (before, after) == ([], [silent])
    assert set(books.leases.acquire([BTC], "successor")) == {BTC}
    assert [opened.session_id for opened in books.sessions.open_sessions()] == [alive]


def test_an_outage_of_the_database_makes_no_session_silent(books: Books) -> None:
    session = books.open_session()
    look(books, 3, beats=[session])
    books.wait(90.0)  # the database answers neither the session nor the reaper
    at_once = look(books, 1, seconds=1.0)
    books.wait(5.0)
    books.sessions.heartbeat(session)
    later = look(books, 3)

    assert (at_once, later) == ([], [])


def test_who_does_not_come_back_after_an_outage_is_closed_once_the_silence_was_watched(books: Books) -> None:
    session = books.open_session()
    look(books, 1, beats=[session])
    books.wait(60.0)

    assert look(books, 4, seconds=1.0) == []
    assert look(books, 4) == [session]


def test_a_session_of_this_machine_may_be_silent_for_the_life_of_a_lease(books: Books) -> None:
    session = books.open_session()
    closed: list[str] = []
    for _ in range(12):
        books.wait(10.0)
        closed += books.reap(lease_seconds=120.0).session_ids
    books.wait(1.0)

    assert closed == []
    assert books.reap(lease_seconds=120.0).session_ids == (session,)


def test_looks_that_are_far_apart_are_no_watch(books: Books) -> None:
    session = books.open_session()

    assert look(books, 5, seconds=23.0) == []
    assert look(books, 1, seconds=10.0) == [session]  # 125 s


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
    asked: list[Process] = []

    def is_gone(process: Process) -> bool:
        asked.append(process)
        return True

    books.reap(is_gone)

    assert asked == [this_process()]
    assert set(books.leases.acquire([BTC], "successor")) == {BTC}


def test_a_reaped_session_that_was_only_suspended_hears_of_it_at_its_next_heartbeat_and_is_open_again(
    books: Books,
) -> None:
    session = books.open_session()
    before = books.sessions.heartbeat(session)
    books.wait(31.0)
    books.reap()
    after = [books.sessions.heartbeat(session) for _ in range(2)]

    assert (before, after) == (True, [False, True])
    assert [opened.session_id for opened in books.sessions.open_sessions()] == [session]
    assert books.reap().session_ids == ()


def test_a_session_that_ended_itself_is_not_opened_again(books: Books) -> None:
    session = books.open_session()
    books.sessions.close(session, "finished")

    assert not books.sessions.heartbeat(session)
    assert books.sessions.open_sessions() == []


def test_a_session_that_beats_while_the_reaper_looks_at_it_stays_open(books: Books) -> None:
    session = books.open_session()
    books.wait(31.0)

    opened = books.sessions.open_sessions()
    books.wait(1.0)
    books.sessions.heartbeat(session)

    assert books.sessions.close_lost(opened) == []
    assert [kept.session_id for kept in books.sessions.open_sessions()] == [session]


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


def test_a_machine_whose_clock_is_ahead_reaps_no_healthy_session_and_takes_no_lease(stack: Backend) -> None:
    database = stack.open_database()
    healthy, ahead = (
        Books(database, FixedClock(datetime.now(UTC) + timedelta(seconds=seconds)), by_server=True)
        for seconds in (0.0, 120.0)
    )
    session = healthy.open_session()
    (token,) = healthy.leases.acquire([BTC], session).values()

    reaped, taken = ahead.reap(), ahead.leases.acquire([BTC], "another session")

    assert (reaped.session_ids, taken) == ((), {})
    assert healthy.leases.renew(session) == []
    assert healthy.leases.holds([token])
    database.close()


def test_a_session_that_beats_after_the_reaper_looked_keeps_its_leases(books: Books) -> None:
    session = books.open_session()
    books.leases.acquire([BTC], session)
    books.wait(31.0)
    looked_at = books.sessions.open_sessions()
    books.sessions.heartbeat(session)
    books.leases.renew(session)
    before = {each.session_id: each.heartbeat_at for each in looked_at}

    books.leases.expire([session], last_heard=before)

    assert books.holders([BTC]) == {BTC: session}

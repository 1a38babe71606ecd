"""Leases: one holder at a time, and no commit with a lost lease."""

from datetime import timedelta

import pytest

from coin_models.db.lease import LeaseToken, require_held
from coin_models.errors import LeaseLost
from coin_models.operations.leases import coin_day_lease, run_lease
from coin_models_tests.operations.repositories import DAY, Books

BTC, ETH = coin_day_lease("BTC", DAY), coin_day_lease("ETH", DAY)


def commit(books: Books, token: LeaseToken) -> None:
    with books.database.begin() as connection:
        require_held(connection, token)


def test_a_second_session_gets_only_what_is_free(books: Books) -> None:
    books.leases.acquire([BTC], "first")

    won = books.leases.acquire([BTC, ETH], "second")

    assert set(won) == {ETH}
    assert books.holders([BTC, ETH]) == {BTC: "first", ETH: "second"}


def test_an_expired_lease_goes_to_whoever_asks(books: Books) -> None:
    books.leases.acquire([BTC], "first")
    books.wait(30.0)

    won = books.leases.acquire([BTC], "second")

    assert won[BTC].token == 2


def test_a_renewed_lease_lives_on(books: Books) -> None:
    books.leases.acquire([BTC, ETH], "first")
    books.wait(20.0)
    lost = books.leases.renew("first")
    books.wait(20.0)

    assert lost == []
    assert books.leases.acquire([BTC], "second") == {}


def test_a_lease_that_ran_out_and_that_nobody_took_is_renewed(books: Books) -> None:
    (token,) = books.leases.acquire([BTC], "first").values()
    books.wait(3600.0)
    free = books.holders([BTC])
    lost = books.leases.renew("first")

    assert (free, lost) == ({}, [])
    assert books.holders([BTC]) == {BTC: "first"}
    assert books.leases.holds([token])
    commit(books, token)


def test_a_lease_that_was_taken_is_found_lost_at_the_next_renewal_and_no_other_one(books: Books) -> None:
    mine = books.leases.acquire([BTC, ETH], "first")
    books.wait(31.0)
    books.leases.acquire([BTC], "second")
    believed = books.leases.holds(mine.values())

    lost = books.leases.renew("first")

    assert believed
    assert lost == [mine[BTC]]
    assert (books.leases.holds([mine[BTC]]), books.leases.holds([mine[ETH]])) == (False, True)
    assert books.leases.renew("first") == []  # told once
    assert books.holders([BTC, ETH]) == {BTC: "second", ETH: "first"}


def test_a_lease_that_was_taken_and_given_back_meanwhile_is_lost(books: Books) -> None:
    (mine,) = books.leases.acquire([BTC], "first").values()
    books.wait(31.0)
    books.leases.release(books.leases.acquire([BTC], "second").values())

    assert books.leases.renew("first") == [mine]
    assert books.holders([BTC]) == {}


def test_what_was_given_back_is_neither_renewed_nor_lost(books: Books) -> None:
    mine = books.leases.acquire([BTC, ETH], "first")
    books.leases.release([mine[BTC]])

    assert books.leases.renew("first") == []
    assert books.holders([BTC, ETH]) == {ETH: "first"}


def test_the_leases_of_a_session_that_was_closed_as_dead_are_lost(books: Books) -> None:
    (mine,) = books.leases.acquire([BTC], "first").values()
    books.leases.expire(["first"])

    with pytest.raises(LeaseLost, match="closed this one as dead"):
        commit(books, mine)
    assert books.leases.renew("first") == [mine]


def test_a_lease_that_its_session_took_again_is_held_by_the_newer_token(books: Books) -> None:
    (older,) = books.leases.acquire([BTC], "first").values()
    (newer,) = books.leases.acquire([BTC], "first").values()

    assert books.leases.renew("first") == []
    assert (books.leases.holds([older]), books.leases.holds([newer])) == (False, True)


def test_a_sleeper_that_wakes_up_after_its_lease_was_taken_cannot_commit(books: Books) -> None:
    (sleeper,) = books.leases.acquire([BTC], "first").values()
    books.wait(31.0)
    (winner,) = books.leases.acquire([BTC], "second").values()

    with pytest.raises(LeaseLost, match="another session took it over"):
        commit(books, sleeper)
    commit(books, winner)


def test_a_sleeper_that_wakes_up_before_anybody_took_its_lease_commits(books: Books) -> None:
    (sleeper,) = books.leases.acquire([BTC], "first").values()
    books.wait(31.0)

    commit(books, sleeper)


def test_a_lease_given_back_is_free_at_once_and_its_token_is_dead(books: Books) -> None:
    (token,) = books.leases.acquire([BTC], "first").values()
    books.leases.release([token])

    with pytest.raises(LeaseLost):
        commit(books, token)
    assert books.leases.acquire([BTC], "second")[BTC].token == 2


def test_giving_back_a_lost_lease_does_not_take_it_from_its_new_holder(books: Books) -> None:
    (lost,) = books.leases.acquire([BTC], "first").values()
    books.wait(31.0)
    books.leases.acquire([BTC], "second")

    books.leases.release([lost])

    assert books.holders([BTC]) == {BTC: "second"}


def test_a_clock_that_jumps_back_gives_nobody_a_second_holder(books: Books) -> None:
    books.leases.acquire([BTC], "first")
    books.wait(-3600.0)

    assert books.leases.acquire([BTC], "second") == {}


def test_a_runs_lease_says_when_it_ended_and_whether_in_good_order(books: Books) -> None:
    for run_id in ("kept", "released", "lost"):
        books.leases.acquire([run_lease(run_id)], run_id, run_id=run_id)
    books.leases.release_all("released")
    books.leases.expire(["lost"])

    ended_at = books.clock.now()
    books.wait(12.0)

    states = books.leases.states([run_lease(run_id) for run_id in ("kept", "released", "lost", "never")])

    assert {name: (lease.is_live, lease.was_released) for name, lease in states.items()} == {
        run_lease("kept"): (True, False),
        run_lease("released"): (False, True),
        run_lease("lost"): (False, False),
    }
    lost = states[run_lease("lost")]
    assert (lost.ends_at, lost.ended_ago) == (ended_at, timedelta(seconds=12.0))


def test_a_turn_lasts_as_long_as_it_was_taken_for_and_is_nobody_elses_meanwhile(books: Books) -> None:
    hours = timedelta(hours=6)
    first = books.leases.acquire(["turn"], "first", lifetime=hours)
    books.wait(6 * 3600.0 - 1.0)
    early = books.leases.acquire(["turn"], "second", lifetime=hours)
    books.wait(1.0)

    assert (set(first), early) == ({"turn"}, {})
    assert set(books.leases.acquire(["turn"], "second", lifetime=hours)) == {"turn"}


def test_leases_that_ran_out_long_ago_are_swept_and_no_others(books: Books) -> None:
    books.leases.acquire([BTC], "first")
    books.wait(7 * 86400.0 + 30.0)
    books.leases.acquire([ETH], "second")
    on_the_dot = books.leases.sweep(timedelta(days=7))
    books.wait(1.0)

    assert on_the_dot == 0
    assert books.leases.sweep(timedelta(days=7)) == 1
    assert books.holders([BTC, ETH]) == {ETH: "second"}


def test_more_leases_than_one_statement_takes_are_won_and_given_back_together(books: Books) -> None:
    names = [coin_day_lease(f"C{number}", DAY) for number in range(501)]
    mine = books.leases.acquire(names, "first")
    taken = books.leases.acquire(names, "second")
    books.leases.release(mine.values())

    assert (set(mine), taken) == (set(names), {})
    assert set(books.leases.acquire(names, "second")) == set(names)


def test_a_runs_lease_that_is_given_back_by_itself_was_given_back_in_good_order(books: Books) -> None:
    run = run_lease("r")
    books.leases.release(books.leases.acquire([run], "first", run_id="r").values())

    assert books.leases.states([run])[run].was_released


def test_a_session_that_gives_back_all_it_holds_takes_none_of_its_neighbours(books: Books) -> None:
    (mine,) = books.leases.acquire([BTC], "first").values()
    (other,) = books.leases.acquire([ETH], "second").values()
    books.leases.release_all("first")

    assert (books.leases.holds([mine]), books.leases.holds([other])) == (False, True)
    commit(books, other)
    with pytest.raises(LeaseLost):
        commit(books, mine)


def test_only_sessions_that_are_silent_since_the_look_lose_their_leases(books: Books) -> None:
    silent, back = books.open_session(), books.open_session()
    books.leases.acquire([BTC], silent)
    books.leases.acquire([ETH], back)
    last_heard = {session.session_id: session.heartbeat_at for session in books.sessions.open_sessions()}
    books.wait(1.0)
    books.sessions.heartbeat(back)
    books.leases.expire([silent, back], last_heard=last_heard)

    assert books.holders([BTC, ETH]) == {ETH: back}

"""The heartbeat: an unavailable database is no loss, an expired lease is."""

import threading
import time
from collections.abc import Callable

from coin_models.errors import DatabaseUnavailable
from coin_models.operations.heartbeat import Heartbeat


def heartbeat(renew: Callable[[], bool], *, lease_seconds: float = 60.0) -> Heartbeat:
    return Heartbeat(renew, interval_seconds=0.005, lease_seconds=lease_seconds)


def away() -> bool:
    raise DatabaseUnavailable("the server restarts")


def test_it_renews_again_and_again_while_it_is_open() -> None:
    thrice = threading.Semaphore(0)

    def renew() -> bool:
        thrice.release()
        return True

    with heartbeat(renew) as beating:
        beats = [thrice.acquire(timeout=5.0) for _ in range(3)]

    assert beats == [True] * 3
    assert beating.alive()


def test_it_is_lost_as_soon_as_somebody_closed_its_session() -> None:
    beating = heartbeat(lambda: False)
    before = beating.alive()
    beating.beat()

    assert before
    assert not beating.alive()


def test_a_database_that_is_away_costs_nothing_before_the_lease_runs_out() -> None:
    beating = heartbeat(away)
    beating.beat()

    assert beating.alive()


def test_a_database_that_is_away_for_the_life_of_a_lease_costs_the_lease() -> None:
    beating = heartbeat(away, lease_seconds=0.01)
    beating.beat()
    time.sleep(0.02)

    assert not beating.alive()

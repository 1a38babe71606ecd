"""The heartbeat beats on, whatever the database says."""

import threading

from coin_models.errors import DatabaseUnavailable
from coin_models.operations.heartbeat import Heartbeat


def beats_of(renew: object, number: int) -> list[bool]:
    beaten = threading.Semaphore(0)

    def beat() -> None:
        beaten.release()
        if isinstance(renew, Exception):
            raise renew

    with Heartbeat(beat, interval_seconds=0.005):
        return [beaten.acquire(timeout=5.0) for _ in range(number)]


def test_it_renews_again_and_again_while_it_is_open() -> None:
    assert beats_of(None, 3) == [True] * 3


def test_a_database_that_is_away_is_tried_again_at_the_next_beat() -> None:
    assert beats_of(DatabaseUnavailable("the server restarts"), 3) == [True] * 3

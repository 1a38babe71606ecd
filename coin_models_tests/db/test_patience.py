"""A server that is away is waited for at the moment of connecting, a bounded time."""

import logging

import psycopg2
import pytest

from coin_models.db.patience import RetryingConnect

REFUSED = 'connection to server at "127.0.0.1", port 5432 failed: Connection refused'


class Away:
    """A dialect whose server refuses the first connections, and a clock that moves only while somebody sleeps."""

    loaded_dbapi = psycopg2

    def __init__(self, *, refusals: int, said: str = REFUSED) -> None:
        self.refusals, self._said, self.now = refusals, said, 0.0
        self.tries = 0

    def connect(self, *arguments: object, **options: object) -> tuple[object, ...]:
        self.tries += 1
        if self.tries <= self.refusals:
            raise psycopg2.OperationalError(self._said)
        return arguments

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def patience(self, seconds: float) -> RetryingConnect:
        return RetryingConnect(seconds, sleep=self.sleep, monotonic=lambda: self.now)


def test_a_server_that_comes_back_is_connected_to_and_both_are_told(caplog: pytest.LogCaptureFixture) -> None:
    server = Away(refusals=5)
    with caplog.at_level(logging.WARNING):
        connection = server.patience(30)(server, None, ("host",), {})

    assert connection == ("host",)
    assert server.tries == 6
    assert [record.getMessage().partition(" after")[0] for record in caplog.records] == [
        f"database is away, waiting up to 30 s: {REFUSED}",
        "database is back",
    ]


def test_a_server_that_stays_away_is_given_up_once_and_not_waited_for_again() -> None:
    server = Away(refusals=1000)
    patience = server.patience(30)
    with pytest.raises(psycopg2.OperationalError):
        patience(server, None, (), {})
    waited, tries = server.now, server.tries
    with pytest.raises(psycopg2.OperationalError):
        patience(server, None, (), {})

    assert 28 <= waited <= 30  # the last pause, of 2 s at most, would have ended beyond it
    assert (server.now, server.tries) == (waited, tries + 1)


def test_after_it_came_back_its_next_absence_is_waited_for_anew() -> None:
    server = Away(refusals=3)
    patience = server.patience(30)
    patience(server, None, (), {})
    server.now, server.refusals = 1000.0, server.tries + 3

    assert patience(server, None, ("host",), {}) == ("host",)
    assert server.tries == 8  # 3 refused, 1 welcome; 3 refused, 1 welcome


def test_a_wrong_password_is_no_reason_to_wait() -> None:
    server = Away(refusals=1000, said='password authentication failed for user "trainer"')
    with pytest.raises(psycopg2.OperationalError):
        server.patience(30)(server, None, (), {})

    assert (server.tries, server.now) == (1, 0.0)

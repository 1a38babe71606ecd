"""The local broker: on loopback, behind its password, with nothing kept."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import AuthenticationError, RedisError
from redis.retry import Retry

from coin_models.dev_stack.process import free_ports
from coin_models.dev_stack.redis import RedisServer

PASSWORD = "a-word-of-the-tests"
AT_ONCE = Retry(NoBackoff(), 0)  # by default the client tries for seconds, also with a wrong password


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    server, (free_port,) = RedisServer(tmp_path), free_ports(1)
    server.up(port=free_port, password=PASSWORD)
    yield free_port
    server.process.stop()


def test_it_answers_with_the_password_only(port: int) -> None:
    with Redis(port=port, password=PASSWORD) as authenticated, Redis(port=port, retry=AT_ONCE) as stranger:
        answered = authenticated.ping()
        with pytest.raises(AuthenticationError):
            stranger.ping()

    assert answered


def test_it_is_found_again_by_its_configuration_and_forgets_what_it_held(tmp_path: Path, port: int) -> None:
    again = RedisServer(tmp_path)
    with Redis(port=port, password=PASSWORD) as client:
        client.set("message", "1")
    was_running = again.process.stop()
    with Redis(port=port, password=PASSWORD, retry=AT_ONCE) as client, pytest.raises(RedisError):
        client.ping()
    again.up(port=port, password=PASSWORD)

    with Redis(port=port, password=PASSWORD) as client:
        kept = client.get("message")
    assert (was_running, kept) == (True, None)

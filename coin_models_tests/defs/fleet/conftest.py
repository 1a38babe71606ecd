"""A real Redis, and settings that name it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from coin_models.dev_stack.process import free_ports
from coin_models.dev_stack.redis import RedisServer
from coin_models.settings.fleet import FleetSettings

PASSWORD = "a-word-of-the-tests"


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path)
    yield server
    server.process.stop()


@pytest.fixture
def fleet(broker: RedisServer) -> FleetSettings:
    (port,) = free_ports(1)
    broker.up(port=port, password=PASSWORD)
    return FleetSettings(broker_url=SecretStr(f"redis://:{PASSWORD}@127.0.0.1:{port}/0"))

"""What several tests of the definitions open: a clock that stands still, and the instance of a test's own `services`."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from dagster import DagsterInstance

from coin_models.clock import FixedClock
from coin_models.defs.instance.home import open_instance
from coin_models.pipeline.services import Services


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(datetime(2026, 3, 11, 12, tzinfo=UTC))


@pytest.fixture
def instance(services: Services) -> Iterator[DagsterInstance]:
    with open_instance(services.settings) as opened:
        yield opened

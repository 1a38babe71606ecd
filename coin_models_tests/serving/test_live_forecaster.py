"""Champions are followed without a restart, and those in memory forecast on while they cannot be read."""

import logging
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from coin_models.errors import DatabaseUnavailable
from coin_models.pipeline.forecast import Forecaster
from coin_models.serving.live_forecaster import LiveForecaster
from coin_models.serving.server import live_forecaster
from coin_models_tests.pipeline.prepared_services import NOW, ServicesInMemory, services_in_memory
from coin_models_tests.serving.served import clock_of


class FailingForecaster(Forecaster):
    """A forecaster whose database may be unavailable."""

    errors: tuple[DatabaseUnavailable, ...] = ()

    def refresh(self) -> list[str]:
        for error in self.errors:
            raise error
        return list(super().refresh())


class CountingForecaster(Forecaster):
    """Tells how often the champions were read."""

    def __init__(self, services: ServicesInMemory, coins: list[str]) -> None:
        super().__init__(services, coins)
        self.num_refreshes = 0
        self._enough = threading.Semaphore(0)

    def wait_for(self, number: int) -> None:
        """Waits until they were read as often as that."""
        for _ in range(number):
            assert self._enough.acquire(timeout=60)

    def refresh(self) -> list[str]:
        self.num_refreshes += 1
        self._enough.release()
        return list(super().refresh())


@pytest.fixture
def services(tmp_path: Path) -> Iterator[ServicesInMemory]:
    with services_in_memory(tmp_path) as made:
        yield made


def test_a_thread_reads_the_champions_until_the_end_of_the_context(services: ServicesInMemory) -> None:
    services.publish("BTC")
    forecaster = CountingForecaster(services, ["BTC"])
    with LiveForecaster(forecaster, services.clock, refresh_seconds=0.001):
        forecaster.wait_for(5)
    read = forecaster.num_refreshes

    assert read >= 5
    assert forecaster.num_refreshes == read


def test_a_new_champion_is_noted_with_its_coin(services: ServicesInMemory, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger=LiveForecaster.__module__)
    services.publish("BTC")
    live = live_forecaster(services)
    live.check()
    assert (live.health().num_coins, live.health().num_without, live.health().is_serving) == (1, 1, True)

    second = services.publish("BTC", seed=1)
    live.check()

    assert live.forecaster.forecast("BTC").forecast.version_id == second.id
    assert caplog.messages[-2:] == ["new forecasters of BTC", "new forecasters of BTC"]


def test_while_the_champions_cannot_be_read_those_in_memory_forecast(
    services: ServicesInMemory, caplog: pytest.LogCaptureFixture
) -> None:
    first = services.publish("BTC")
    forecaster = FailingForecaster(services, ["BTC"])
    live = LiveForecaster(forecaster, services.clock, refresh_seconds=10)
    live.check()
    caplog.clear()
    forecaster.errors = (DatabaseUnavailable("cannot reach the database"),)
    clock_of(services).advance(timedelta(minutes=1))
    live.check()
    live.check()

    health = live.health()

    assert forecaster.forecast("BTC").forecast.version_id == first.id
    assert (health.checked_at, health.error, health.is_serving) == (NOW, "cannot reach the database", True)
    forecaster.errors = ()
    live.check()
    assert live.health().error is None
    assert [record.levelname for record in caplog.records] == ["WARNING", "WARNING"]  # when it began, and when it ended

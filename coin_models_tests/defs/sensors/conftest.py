"""Nights with candles of every day, made once."""

import shutil
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from coin_models.clock import FixedClock
from coin_models.defs.instance.home import open_instance
from coin_models.pipeline.candles import ensure_candles
from coin_models.pipeline.services import Services
from coin_models_tests.defs.sensors.nights import COINS, D10, Night, settings_of_night


@pytest.fixture(scope="session")
def candles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the candles of every day that a test looks at."""
    home = tmp_path_factory.mktemp("candles") / "home"
    services = Services(settings=settings_of_night(home), clock=FixedClock(datetime(2026, 3, 11, 12, tzinfo=UTC)))
    list(ensure_candles(services, date(2026, 3, 3), D10, COINS))
    services.close()
    return home


@pytest.fixture
def night(candles: Path, tmp_path: Path) -> Iterator[Night]:
    shutil.copytree(candles, tmp_path / "home")
    clock = FixedClock(datetime(2026, 3, 11, 12, tzinfo=UTC))
    services = Services(settings=settings_of_night(tmp_path / "home"), clock=clock)
    with open_instance(services.settings) as instance:
        yield Night(services, clock, instance)
    services.close()

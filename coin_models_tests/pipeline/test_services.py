"""The services of a home: each is opened once, closed together, and only in the home that the settings mean."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import pytest

from coin_models.db.engine import Database
from coin_models.db.opening import open_database
from coin_models.errors import NoHome, OtherMarket
from coin_models.pipeline.services import Services, checked, open_services
from coin_models.settings.root import Settings


@dataclass(frozen=True, kw_only=True)
class CountedServices(Services):
    """Remember which databases they opened and closed."""

    opened: list[Database] = field(default_factory=list)
    closed: list[Database] = field(default_factory=list)

    @cached_property
    def database(self) -> Database:
        database = open_database(self.settings)
        self.opened.append(database)
        close = database.close

        def close_and_note() -> None:
            self.closed.append(database)
            close()

        database.close = close_and_note  # type: ignore[method-assign]
        return database


PARTS: list[Callable[[Services], object]] = [
    lambda services: services.database,
    lambda services: services.store,
    lambda services: services.registry,
    lambda services: services.attempts,
    lambda services: services.candles,
]


def test_each_part_is_opened_once_and_by_all_parts_that_need_it(tmp_path: Path) -> None:
    services = CountedServices(settings=Settings(home=tmp_path))

    with services:
        parts = [[part(services) for part in PARTS] for _ in range(2)]

    assert all(first is second for first, second in zip(*parts, strict=True))
    assert len(services.opened) == 1


def test_closing_twice_closes_once_and_what_is_asked_for_afterwards_is_opened_anew(tmp_path: Path) -> None:
    services = CountedServices(settings=Settings(home=tmp_path))
    registry = services.registry

    services.close()
    services.close()
    other = services.registry
    services.close()

    assert services.closed == services.opened
    assert len(services.closed) == 2
    assert registry is not other


def test_closing_opens_nothing(tmp_path: Path) -> None:
    home = tmp_path / "home"

    with Services(settings=Settings(home=home)):
        pass

    assert not home.exists()


def test_what_only_reads_makes_no_home(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home")

    with pytest.raises(NoHome):
        open_services(settings, create=False)

    assert not settings.home.exists()


def test_what_works_makes_the_home_in_which_the_others_then_read(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home")

    open_services(settings, create=True).close()

    with open_services(settings, create=False) as services:
        assert services.attempts.days_tried(services.newest_trading_day(), services.newest_trading_day()) == set()


def test_services_of_another_market_are_refused_and_what_they_opened_is_closed(tmp_path: Path) -> None:
    open_services(Settings(home=tmp_path, timeframe="5m"), create=True).close()
    other = CountedServices(settings=Settings(home=tmp_path, timeframe="1h"))

    with pytest.raises(OtherMarket):
        checked(other, create=True)

    assert len(other.opened) == 1
    assert other.closed == other.opened

"""Days that were traded before forecasts were recorded are recorded by trading them again: the same rows, the same bytes."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import delete

from coin_models.db.trading_schema import forecast_days
from coin_models.pipeline.forecast_records import days_to_record, record_forecasts
from coin_models_tests.pipeline.trading_days import TradingWorld


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TradingWorld]:
    made = TradingWorld(tmp_path_factory.mktemp("records") / "home", num_days=2, coins=("BTC", "ETH"))
    for day in made.days:
        made.trade(day)
    yield made
    made.services.close()


def forget(world: TradingWorld) -> None:
    """As a home was before forecasts were recorded."""
    with world.services.database.begin() as connection:
        connection.execute(delete(forecast_days))
    for info in world.services.store.list("forecasts/"):
        world.services.store.delete(info.key)


def test_recording_gives_the_bytes_of_the_day_by_day_runs_and_changes_no_row(world: TradingWorld) -> None:
    services, first, last = world.services, world.days[0], world.days[-1]
    rows, recorded = world.rows(), services.forecasts.days(None, first, last)
    forget(world)

    wanted = days_to_record(services, None, first, last)
    made = list(record_forecasts(services, wanted))

    assert wanted == {"BTC": world.days, "ETH": world.days}
    assert [one.failure for one in made] == [None] * 4
    assert services.forecasts.days(None, first, last) == recorded
    assert services.forecasts.verify(recorded) == []
    assert world.rows() == rows
    assert days_to_record(services, None, first, last) == {}
    assert list(record_forecasts(services, {})) == []


def test_a_damaged_file_is_made_again(world: TradingWorld) -> None:
    services, day = world.services, world.days[1]
    (recorded,) = services.forecasts.days(["ETH"], day, day)
    services.store.put(str(recorded.key), b"damaged")

    wanted = days_to_record(services, ["ETH"], day, day, again=True)
    list(record_forecasts(services, wanted))

    assert wanted == {"ETH": [day]}
    assert services.forecasts.verify([recorded]) == []


def test_a_day_without_a_version_is_recorded_as_one_that_nothing_forecast(tmp_path: Path) -> None:
    world = TradingWorld(tmp_path / "home", num_days=1, publishes=False)
    world.trade(world.days[0])

    (recorded,) = world.services.forecasts.days(None, world.days[0], world.days[0])

    assert (recorded.key, recorded.num_forecasts) == (None, 0)
    assert days_to_record(world.services, None, world.days[0], world.days[0]) == {}
    world.services.close()

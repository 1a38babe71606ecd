"""Each guarantee that the world is made to break is named."""

from collections.abc import Callable

import pytest

from coin_models.simulation.guarantees import broken_guarantees
from coin_models.simulation.night_plan import DAY
from coin_models.simulation.programs import keep_for_two_hours, retrain_days
from coin_models.simulation.world import World
from coin_models_tests.simulation.worlds import run_in, world_with


def change(statement: str) -> Callable[[World], object]:
    return lambda world: world.sqlite.query(statement)


def drop(prefix: str) -> Callable[[World], object]:
    return lambda world: [world.memory.delete(info.key) for info in world.memory.list(prefix)]


@pytest.mark.parametrize(
    ("harm", "sentence"),
    [
        (change("UPDATE attempts SET outcome = 'running', ended_at = NULL"), "has no end"),
        (change("UPDATE sessions SET ended_at = '2026-03-12 00:00:00.000000'"), "lived"),
        (change("UPDATE outbox SET delivered_at = NULL"), "was not delivered"),
        (change("UPDATE model_versions SET parent_id = NULL"), "the calendar says"),
        (change("UPDATE candle_months SET days = (SELECT min(days) FROM candle_months)"), "is not published"),
        (drop("reports"), "there is no report"),
        (change("DELETE FROM forecast_days"), "its forecasts are not recorded"),
        (change("UPDATE forecast_days SET key = 'forecasts/BTC/gone.parquet'"), "forecasts/BTC/gone.parquet is not in"),
        (lambda world: world.channel.arrived.clear(), "did not arrive"),
        (lambda world: world.channel.arrived.extend(world.channel.arrived[:1] * 3), "arrived 4 times"),
        (lambda world: world.audit.published.add("BTC/lost"), "was published and is gone"),
    ],
)
def test_a_broken_guarantee_is_named(harm: Callable[[World], object], sentence: str, finished: World) -> None:
    harm(finished)

    assert any(sentence in broken for broken in broken_guarantees(finished, [DAY]))


@pytest.fixture
def finished() -> World:  # type: ignore[misc]
    with world_with() as world:
        run_in(world, lambda services: retrain_days(services, [DAY]))
        run_in(world, keep_for_two_hours, name="daemon")
        yield world  # type: ignore[misc]

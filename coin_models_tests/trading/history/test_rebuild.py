"""The table of recorded days is made again from the objects; what is damaged is left out, with the reason."""

from collections.abc import Iterator

import pytest
from sqlalchemy import delete

from coin_models.clock import FixedClock
from coin_models.db.trading_schema import forecast_days
from coin_models.storage import keys
from coin_models.storage.memory import MemoryStore
from coin_models.trading.history.index import ForecastIndex
from coin_models.trading.history.rebuild import rebuild_forecasts, recorded_day
from coin_models.trading.history.records import RecordedDay
from coin_models_tests.pipeline.trading_days import TradingWorld


@pytest.fixture
def recorded(world: TradingWorld) -> Iterator[list[RecordedDay]]:
    """The rows, which are lost; at the end the home has them again."""
    index, database = world.services.forecasts, world.services.database
    rows = index.days(None, world.days[0], world.days[-1])
    with database.begin() as connection:
        connection.execute(delete(forecast_days))
    yield rows
    with database.begin() as connection:
        connection.execute(delete(forecast_days))
    index.add(rows)


def test_the_rows_are_as_they_were(world: TradingWorld, recorded: list[RecordedDay]) -> None:
    steps: list[tuple[int, int]] = []
    index = world.services.forecasts

    result = rebuild_forecasts(index, world.services.store, lambda *step: steps.append(step))
    again = rebuild_forecasts(index, world.services.store, lambda *_: None)

    assert index.days(None, world.days[0], world.days[-1]) == recorded
    assert (result.num_added, result.num_existing, result.left_out) == (len(recorded), 0, {})
    assert (again.num_added, again.num_existing) == (0, len(recorded))
    assert steps[-1] == (len(recorded), len(recorded))


def test_of_two_objects_of_a_day_the_newest_counts_and_a_damaged_one_is_left_out(
    world: TradingWorld, recorded: list[RecordedDay]
) -> None:
    clock = FixedClock(world.clock.now())
    store = MemoryStore(clock=clock)
    index = ForecastIndex(world.services.database, store, clock)
    real = str(recorded[0].key)
    older = keys.forecast_day(recorded[0].coin, recorded[0].day, "ab" * 32)
    damaged = keys.forecast_day("SOL", recorded[0].day, "cd" * 32)
    for key, data in ((older, b"older"), (damaged, b"damaged"), ("forecasts/BTC/notes.txt", b"?")):
        store.put(key, data)
    clock.advance(world.clock.now() - world.clock.now().replace(hour=0))
    store.put(real, world.services.store.get(real))

    result = rebuild_forecasts(index, store, lambda *_: None)

    assert index.days(None, world.days[0], world.days[-1]) == [recorded[0]]
    assert list(result.left_out) == [damaged]
    assert result.left_out[damaged].startswith("it is damaged: its 7 bytes have the digest")


def test_an_object_whose_digest_is_right_and_that_holds_no_forecasts_is_left_out() -> None:
    from datetime import date

    from coin_models.storage.object_store import sha256_hex

    data = b"no parquet"

    reason = recorded_day(keys.forecast_day("BTC", date(2024, 8, 10), sha256_hex(data)), data)

    assert isinstance(reason, str)
    assert "10 bytes are not stored forecasts" in reason

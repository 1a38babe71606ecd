"""Which object counts for a coin-day: the row says; a former one is noted for removal, a damaged one is named."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from coin_models.clock import FixedClock
from coin_models.db.engine import Database
from coin_models.db.schema import removals
from coin_models.errors import ObjectDamaged
from coin_models.storage import keys
from coin_models.storage.memory import MemoryStore
from coin_models.storage.object_store import sha256_hex
from coin_models.trading.history.index import ForecastIndex
from coin_models.trading.history.records import EncodedDay, RecordedDay
from coin_models_tests.pipeline.trading_days import TradingWorld
from coin_models_tests.trading.database import open_in

DAY = date(2024, 8, 10)
CLOCK = FixedClock(datetime(2024, 8, 11, 2, tzinfo=UTC))


class Home:
    def __init__(self, database: Database) -> None:
        self.database, self.store = database, MemoryStore(clock=CLOCK)
        self.index = ForecastIndex(database, self.store, CLOCK)

    def record(self, data: bytes | None, coin: str = "BTC", day: date = DAY) -> RecordedDay:
        made = EncodedDay(coin=coin, day=day, data=data, levels=(0.1, 0.5, 0.9), num_forecasts=288)
        recorded = self.index.store(made)
        self.database.transact(lambda connection: self.index.replace(connection, recorded))
        return recorded

    def noted(self) -> list[str]:
        with self.database.read() as connection:
            return list(connection.execute(select(removals.c.key)).scalars())


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    database = open_in(tmp_path)
    yield Home(database)
    database.close()


def test_a_recorded_day_is_read_as_it_was_written(home: Home) -> None:
    recorded = home.record(b"one")
    home.record(None, coin="ETH")

    assert recorded.key == keys.forecast_day("BTC", DAY, sha256_hex(b"one"))
    assert [one.coin for one in home.index.days(None, DAY, DAY)] == ["BTC", "ETH"]
    assert home.index.days(["BTC"], DAY, DAY) == [recorded]
    assert list(home.index.read(home.index.days(None, DAY, DAY))) == [(recorded, b"one")]
    assert home.index.days(["SOL"], DAY, DAY) == []


def test_the_same_day_again_changes_nothing(home: Home) -> None:
    home.record(b"one")
    home.record(b"one")

    assert (len(home.store.list("")), home.noted()) == (1, [])


def test_another_content_replaces_the_row_and_notes_the_former_object(home: Home) -> None:
    former = home.record(b"one")
    newer = home.record(b"two")

    assert home.index.days(None, DAY, DAY) == [newer]
    assert home.noted() == [former.key]
    assert len(home.store.list("")) == 2  # `coin-models prune` removes the former

    assert home.record(b"one") == former
    assert home.noted() == [newer.key]


def test_objects_that_are_gone_or_damaged_are_named(home: Home) -> None:
    recorded = [home.record(b"one", coin=coin) for coin in ("BTC", "ETH", "SOL")]
    home.store.delete(str(recorded[0].key))
    home.store.put(str(recorded[1].key), b"other")

    missing, damaged = home.index.verify(home.index.days(None, DAY, DAY))

    assert "forecasts/BTC/2024-08-10-" in missing
    assert "is not in" in missing
    assert "is damaged" in damaged
    assert damaged.endswith(
        "`coin-models forecasts record --again --from 2024-08-10 --to 2024-08-10 --coins ETH` makes it again"
    )
    with pytest.raises(ObjectDamaged, match="ETH"):
        list(home.index.read([recorded[1]]))


def test_a_day_that_was_traded_without_a_record_is_named(world: TradingWorld) -> None:
    index = world.services.forecasts

    assert index.unrecorded(None, world.days[0], world.days[-1]) == []

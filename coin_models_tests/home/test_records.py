"""The two records of a home's identity."""

import pytest

from coin_models.db.engine import Database
from coin_models.errors import HomeError
from coin_models.home.market import MarketIdentity
from coin_models.home.records import (
    HomeRecord,
    read_database_record,
    read_store_record,
    write_database_record,
    write_store_record,
)
from coin_models.storage.memory import MemoryStore
from coin_models.storage.object_store import ObjectStore

MARKET = MarketIdentity(source="demo", quote="USDT", timeframe="5m", seed=7)


def test_of_two_first_runs_at_once_the_first_record_counts(database: Database, store: ObjectStore) -> None:
    first, second = (HomeRecord(home_id=letter * 32, market=MARKET) for letter in "12")

    assert write_database_record(database, first).home_id == "1" * 32
    assert write_database_record(database, second).home_id == "1" * 32
    assert write_store_record(store, first).home_id == "1" * 32
    assert write_store_record(store, second).home_id == "1" * 32


def test_where_nothing_was_written_there_is_no_record(database: Database) -> None:
    in_database = read_database_record(database)

    assert in_database is None
    assert read_store_record(MemoryStore()) is None


def test_the_store_does_not_say_where_it_is_and_the_database_does(database: Database) -> None:
    record = HomeRecord(home_id="a" * 32, market=MARKET, store_url="s3://bucket/a")
    store = MemoryStore()
    in_database = write_database_record(database, record)

    assert in_database == record
    assert write_store_record(store, record) == HomeRecord(home_id="a" * 32, market=MARKET, store_url=None)


def test_a_record_is_replaced_as_a_whole_only_where_that_is_requested(database: Database) -> None:
    old = HomeRecord(home_id="a" * 32, market=MARKET, store_url="s3://bucket/a")
    new = HomeRecord(home_id="b" * 32, market=MarketIdentity(source="files", quote="EUR", timeframe="1h"))
    write_database_record(database, old)
    kept, replaced = write_database_record(database, new), write_database_record(database, new, replace=True)

    assert kept == old
    assert replaced == new  # the place of the old store is gone with it


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"id": "a"}', b'{"id": "a", "market": "demo"}'])
def test_what_is_no_record_is_refused_with_the_command_that_writes_it_again(content: bytes) -> None:
    store = MemoryStore()
    store.put("identity.json", content)

    with pytest.raises(
        HomeError, match=r"identity.json in memory: is damaged.*`coin-models home adopt` writes it again"
    ):
        read_store_record(store)

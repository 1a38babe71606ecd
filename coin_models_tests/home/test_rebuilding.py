"""Whose database may be made again from a store, and that one which is not finished is refused."""

from dataclasses import replace

import pytest

from coin_models.db.engine import Database
from coin_models.errors import HomeError, NoHome, NotTogether, OtherMarket
from coin_models.home.market import market_of
from coin_models.home.opening import Home, check_home
from coin_models.home.rebuilding import begin_rebuild, finish_rebuild, require_store
from coin_models.home.records import (
    HomeRecord,
    read_database_record,
    write_database_record,
    write_store_record,
)
from coin_models.market.source import CandleSource
from coin_models.registry.registry import Registry
from coin_models.settings.market import MarketSettings
from coin_models.settings.root import Settings
from coin_models.storage import keys
from coin_models.storage.object_store import ObjectStore
from coin_models_tests.backends import Backend
from coin_models_tests.registry import builders


@pytest.fixture
def home(backend: Backend, database: Database, store: ObjectStore) -> Home:
    return Home(settings=backend.settings, database=database, store=store)


def no_source() -> CandleSource:
    raise AssertionError("no source is needed")


def record_in_store(home: Home) -> HomeRecord:
    return write_store_record(home.store, HomeRecord(home_id="a" * 32, market=market_of(home.settings)))


def test_the_database_takes_the_stores_id_and_is_refused_until_it_is_finished(home: Home) -> None:
    record = record_in_store(home)

    begin_rebuild(home, require_store(home.settings, home.store))
    with pytest.raises(NotTogether, match=r"is not finished.*home rebuild` finishes it"):
        check_home(home, may_write=False, source=no_source)
    begin_rebuild(home, record)
    finish_rebuild(home, record)
    check_home(home, may_write=True, source=no_source)

    stored = read_database_record(home.database)
    assert stored == replace(record, store_url=home.store.url)


def test_a_database_of_another_home_is_refused_and_left_as_it_is(home: Home) -> None:
    record = record_in_store(home)
    other = write_database_record(home.database, replace(record, home_id="b" * 32))

    with pytest.raises(NotTogether, match=r"belongs to another home \(bbbbbbbb\).*empty database"):
        begin_rebuild(home, record)

    assert read_database_record(home.database) == other


def test_a_database_with_versions_and_no_id_is_refused(home: Home) -> None:
    Registry(home.database, home.store).publish(builders.bundle(), lease=None)

    with pytest.raises(NotTogether, match=r"lists versions, and does not say of which home"):
        begin_rebuild(home, record_in_store(home))

    assert read_database_record(home.database) is None


def test_a_store_of_another_market_is_refused(home: Home) -> None:
    record_in_store(home)
    other = home.settings.model_copy(update={"market": MarketSettings(demo_seed=8)})

    with pytest.raises(OtherMarket, match="one home holds one market"):
        require_store(other, home.store)


def test_a_store_that_does_not_say_its_market_is_adopted_first(home: Home) -> None:
    home.store.put(keys.model_manifest("BTC", builders.DAY, "f" * 64, "0" * 64), b"{}")

    with pytest.raises(HomeError, match=r"has no identity\.json.*home adopt` writes it"):
        require_store(home.settings, home.store)


def test_where_there_is_neither_store_nor_database_there_is_no_home(backend: Backend, store: ObjectStore) -> None:
    nowhere = Settings(home=backend.settings.home / "nowhere")

    with pytest.raises(NoHome, match="nothing was trained there yet"):
        require_store(nowhere, store)

    assert not nowhere.home.exists()

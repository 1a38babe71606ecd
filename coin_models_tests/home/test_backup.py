"""A backup restores a home, into either kind of database and store; after a kill the same call continues."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from coin_models.db.opening import empty_database
from coin_models.errors import HomeError, ObjectDamaged, OtherMarket, StoreUnavailable
from coin_models.home.backup import Backup, back_up, find_backup, restore
from coin_models.home.market import market_of
from coin_models.home.opening import Home
from coin_models.home.records import HomeRecord, read_database_record, write_database_record, write_store_record
from coin_models.registry.registry import Registry
from coin_models.settings.root import Settings
from coin_models.storage import keys
from coin_models.storage.memory import MemoryStore
from coin_models.storage.object_store import ObjectInfo
from coin_models_tests.backends import Backend
from coin_models_tests.db.filled import contents
from coin_models_tests.registry import builders

NOW = datetime(2026, 3, 10, 2, tzinfo=UTC)


def nothing(_text: str, _done: int, _total: int) -> None:
    return None


def empty_home(store: MemoryStore | None = None, **settings: Any) -> Home:
    return Home(
        settings=Settings(home=Path("unused"), **settings), database=empty_database(), store=store or MemoryStore()
    )


def trained_home() -> Home:
    home = empty_home()
    record = HomeRecord(home_id="ab" * 16, market=market_of(home.settings))
    write_database_record(home.database, record)
    write_store_record(home.store, record)
    Registry(home.database, home.store).publish(builders.bundle(), lease=None)
    return home


class Elsewhere(MemoryStore):
    """Another store than the homes'."""

    @property
    def url(self) -> str:
        return "elsewhere:"


def backed_up(home: Home) -> tuple[MemoryStore, Backup]:
    target = Elsewhere()
    backup, _copied = back_up(home, target, NOW, nothing, made_by="0.1")
    return target, backup


def test_what_is_restored_is_what_was_backed_up(backend: Backend) -> None:
    home = trained_home()
    target, backup = backed_up(home)
    other = Home(settings=backend.settings, database=backend.open_database(), store=backend.build_store())

    copied, incomplete = restore(find_backup(target), target, other, nothing)

    assert contents(other.database) == contents(home.database)
    assert list(Registry(other.database, other.store).verify()) == []
    assert (copied.num_objects, incomplete) == (backup.num_objects, [])
    record = read_database_record(other.database)
    assert record is not None
    assert (record.home_id, record.store_url) == ("ab" * 16, other.store.url)
    other.database.close()


def test_the_newest_finished_backup_is_found_and_an_earlier_one_by_its_time() -> None:
    home = trained_home()
    target, first = backed_up(home)
    second, copied = back_up(home, target, NOW.replace(hour=3), nothing, made_by="0.1")
    target.put(keys.backup_part("20260310T040000Z", "requests", 0), b"of a backup that was killed")

    assert find_backup(target).stamp == second.stamp == "20260310T030000Z"
    assert find_backup(target, first.stamp) == first
    assert copied.num_copied == 0
    with pytest.raises(HomeError, match="holds no backup 20250101T000000Z; it holds 20260310T020000Z"):
        find_backup(target, "20250101T000000Z")


def test_a_store_without_a_finished_backup_says_so() -> None:
    target = MemoryStore()
    target.put(keys.backup_part("20260310T040000Z", "requests", 0), b"of a backup that was killed")

    with pytest.raises(HomeError, match="holds no finished backup"):
        find_backup(target)


class Dying(MemoryStore):
    """Ends after some puts."""

    def __init__(self, puts: int) -> None:
        super().__init__()
        self.left = puts

    def put(self, key: str, data: bytes, *, if_absent: bool = False, durable: bool = True) -> ObjectInfo:
        self.left -= 1
        if self.left < 0:
            raise StoreUnavailable("the end of this test's store")
        return super().put(key, data, if_absent=if_absent, durable=durable)


@pytest.mark.parametrize("puts", [0, 1, 2])
def test_a_restore_that_ended_early_continues(puts: int) -> None:
    home = trained_home()
    target, backup = backed_up(home)
    store = Dying(puts)
    other = empty_home(store)
    with pytest.raises(StoreUnavailable):
        restore(backup, target, other, nothing)
    store.left = 100

    _copied, incomplete = restore(backup, target, other, nothing)

    assert contents(other.database) == contents(home.database)
    assert incomplete == []


def test_a_home_that_is_in_use_is_left_alone() -> None:
    target, backup = backed_up(trained_home())
    other = trained_home()
    before = contents(other.database)

    with pytest.raises(HomeError, match="is in use: a backup is restored into an empty home"):
        restore(backup, target, other, nothing)

    assert contents(other.database) == before


def test_a_store_with_models_of_another_home_is_left_alone() -> None:
    target, backup = backed_up(trained_home())
    other = empty_home()
    Registry(empty_database(), other.store).publish(builders.bundle(), lease=None)

    with pytest.raises(HomeError, match="holds models of another home"):
        restore(backup, target, other, nothing)


def test_another_market_is_refused() -> None:
    target, backup = backed_up(trained_home())

    with pytest.raises(OtherMarket, match="EUR"):
        restore(backup, target, empty_home(quote="EUR"), nothing)


def test_tables_of_another_revision_name_the_version_to_use() -> None:
    target, backup = backed_up(trained_home())

    with pytest.raises(HomeError, match=r"tables of revision 0099, .* restore it with coin_models"):
        restore(replace(backup, revision="0099"), target, empty_home(), nothing)


def test_damaged_rows_restore_nothing() -> None:
    target, backup = backed_up(trained_home())
    target.put(backup.tables["model_versions"][0].key, b"other bytes")
    other = empty_home()

    with pytest.raises(ObjectDamaged):
        restore(backup, target, other, nothing)

    assert contents(other.database)["model_versions"] == []
    assert read_database_record(other.database) is None


def test_a_version_whose_objects_are_gone_is_named() -> None:
    target, backup = backed_up(trained_home())
    (version,) = Registry(trained_home().database, MemoryStore()).versions()
    target.delete(version.weights_key)

    _copied, incomplete = restore(backup, target, empty_home(), nothing)

    assert incomplete == [version.id]


def test_the_homes_own_store_and_that_of_another_home_are_no_target() -> None:
    home = trained_home()
    target, _backup = backed_up(home)
    write_store_record(target, HomeRecord(home_id="cd" * 16, market=market_of(home.settings)), replace=True)

    with pytest.raises(HomeError, match="is the store of this home"):
        back_up(home, home.store, NOW, nothing, made_by="0.1")
    with pytest.raises(HomeError, match="holds another home"):
        back_up(home, target, NOW, nothing, made_by="0.1")


@pytest.mark.parametrize("data", [b"", b"[]", b'{"schema_version": 1}', b'{"schema_version": 2}'])
def test_a_manifest_that_cannot_be_read_is_a_sentence(data: bytes) -> None:
    target = MemoryStore()
    target.put(keys.backup_manifest("20260310T020000Z"), data)

    with pytest.raises(HomeError, match=r"is damaged: it is no manifest|newer coin_models"):
        find_backup(target)

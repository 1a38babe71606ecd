"""What a move does to the two databases: refusals, marks, rows, and that nothing changed on the way."""

from dataclasses import replace
from pathlib import Path

import pytest

from coin_models.db.opening import empty_database
from coin_models.errors import HomeError, OtherMarket
from coin_models.home.market import market_of
from coin_models.home.moving import check_move, finish_move, mark_origin, mark_target, move_tables, unmark_origin
from coin_models.home.opening import Home, adopt, check_home
from coin_models.home.records import HomeRecord, read_database_record, write_database_record, write_store_record
from coin_models.market.source import CandleSource
from coin_models.registry.registry import Registry
from coin_models.settings.root import Settings
from coin_models.storage.memory import MemoryStore
from coin_models_tests.backends import Backend
from coin_models_tests.db.filled import contents, fill
from coin_models_tests.registry import builders

RECORD = HomeRecord(home_id="ab" * 16, market=market_of(Settings(home=Path("unused"))))


def nothing(_text: str, _done: int, _total: int) -> None:
    return None


def no_source() -> CandleSource:
    raise AssertionError("no source is needed")


class Elsewhere(MemoryStore):
    """Another store than the origin's."""

    @property
    def url(self) -> str:
        return "elsewhere:"


@pytest.fixture
def origin() -> Home:
    home = Home(settings=Settings(home=Path("unused")), database=empty_database(), store=MemoryStore())
    write_database_record(home.database, RECORD)
    write_store_record(home.store, RECORD)
    home.database.transact(fill)
    return home


@pytest.fixture
def target(backend: Backend) -> Home:
    return Home(settings=backend.settings, database=backend.open_database(), store=Elsewhere())


def moved(origin: Home, target: Home) -> None:
    mark_origin(origin, target)
    mark_target(origin, target)
    move_tables(origin, target, nothing)
    finish_move(origin, target, nothing)


def test_the_target_has_every_row_and_is_the_home_from_then_on(origin: Home, target: Home) -> None:
    assert not check_move(origin, target)
    moved(origin, target)

    assert contents(target.database) == contents(origin.database)
    assert read_database_record(target.database) == replace(RECORD, store_url="elsewhere:")
    assert check_move(origin, target)
    with pytest.raises(HomeError, match="this home moves, or has moved, to"):
        check_home(origin, may_write=False, source=no_source)


def test_until_the_move_is_finished_neither_is_used_and_the_same_call_continues(origin: Home, target: Home) -> None:
    mark_origin(origin, target)
    mark_target(origin, target)
    with pytest.raises(HomeError, match=r"is being moved into the database .* not finished"):
        check_home(target, may_write=False, source=no_source)
    move_tables(origin, target, nothing)

    assert not check_move(origin, target)
    moved(origin, target)
    assert contents(target.database) == contents(origin.database)


def test_rows_that_changed_on_the_way_are_named_and_the_next_call_takes_them(origin: Home, target: Home) -> None:
    mark_origin(origin, target)
    mark_target(origin, target)
    move_tables(origin, target, nothing)
    with origin.database.begin() as connection:
        connection.exec_driver_sql("UPDATE attempts SET reason = 'another'")

    with pytest.raises(HomeError, match=r"changed while it moved \(attempts\)"):
        finish_move(origin, target, nothing)
    moved(origin, target)
    assert contents(target.database) == contents(origin.database)


def test_a_database_of_another_home_is_left_alone(origin: Home, target: Home) -> None:
    write_database_record(target.database, replace(RECORD, home_id="cd" * 16))

    with pytest.raises(HomeError, match=r"holds a different history.*\(cdcdcdcd, this one is abababab\)"):
        check_move(origin, target)


def test_rows_without_an_identity_are_left_alone(origin: Home, target: Home) -> None:
    target.database.transact(fill)

    with pytest.raises(HomeError, match="its tables have rows"):
        check_move(origin, target)


def test_a_restored_backup_that_is_in_use_is_left_alone(origin: Home, target: Home) -> None:
    write_database_record(target.database, RECORD)

    with pytest.raises(HomeError, match="holds a copy of this home that is in use"):
        check_move(origin, target)


def test_a_store_with_models_of_another_home_is_left_alone(origin: Home, target: Home) -> None:
    Registry(empty_database(), target.store).publish(builders.bundle(), lease=None)

    with pytest.raises(HomeError, match="elsewhere: holds a different history"):
        check_move(origin, target)


def test_another_market_and_the_home_itself_are_no_target(origin: Home, target: Home) -> None:
    with pytest.raises(HomeError, match="is the database of this home"):
        check_move(origin, origin)
    with pytest.raises(OtherMarket, match="EUR"):
        check_move(origin, replace(target, settings=target.settings.model_copy(update={"quote": "EUR"})))


def test_a_second_target_is_refused_until_the_mark_is_off(origin: Home, target: Home) -> None:
    write_database_record(origin.database, replace(RECORD, moved_to="postgresql://elsewhere"), replace=True)
    with pytest.raises(HomeError, match="to postgresql://elsewhere, not to"):
        check_move(origin, target)

    unmark_origin(origin)

    assert not check_move(origin, target)


def test_adopting_takes_the_mark_off(origin: Home, target: Home) -> None:
    moved(origin, target)

    adopt(origin, no_source)

    check_home(origin, may_write=False, source=no_source)


def test_what_is_not_whole_does_not_move(origin: Home, target: Home) -> None:
    write_database_record(origin.database, replace(RECORD, is_rebuilding=True), replace=True)

    with pytest.raises(HomeError, match="is not whole"):
        check_move(origin, target)

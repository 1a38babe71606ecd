"""The doctor's checks of settings file, database, store and clock."""

from pathlib import Path

import pytest
from sqlalchemy import column, table, update

from coin_models.db.migrate import VERSION_TABLE
from coin_models.diagnostics.findings import Level, examined
from coin_models.diagnostics.storage_checks import (
    check_clock,
    check_database,
    check_permissions,
    check_secret_file,
    check_store,
    quick_database,
)
from coin_models.errors import ObjectExists, StoreUnavailable
from coin_models.settings.load import EffectiveSetting
from coin_models.settings.root import Settings
from coin_models.storage.memory import MemoryStore
from coin_models.storage.object_store import ObjectInfo
from coin_models_tests.backends import Backend


def test_a_good_store_is_ok_and_left_as_it_was() -> None:
    store = MemoryStore()
    finding = check_store(store)

    assert finding.level is Level.OK
    assert store.list("") == []


def test_a_store_that_fails_in_the_middle_is_left_as_it_was() -> None:
    store = MemoryStore()

    def fail_to_list(moment: str, key: str) -> None:
        if moment == "list":
            raise StoreUnavailable(f"503 at {key}")

    store.fault = fail_to_list
    finding = examined("store", lambda: check_store(store))
    store.fault = lambda moment, key: None

    assert finding.level is Level.ERROR
    assert store.list("") == []


class _Unconditional(MemoryStore):
    def put(self, key: str, data: bytes, *, if_absent: bool = False, durable: bool = True) -> ObjectInfo:
        try:
            return super().put(key, data, if_absent=if_absent, durable=durable)
        except ObjectExists:
            return super().put(key, data)


def test_a_store_without_conditional_put_is_a_warning() -> None:
    finding = check_store(_Unconditional())

    assert finding.level is Level.WARNING
    assert "conditional put is ignored" in finding.text


class _Undeletable(MemoryStore):
    def delete(self, key: str) -> None:
        del key


def test_a_store_that_keeps_what_was_deleted_is_an_error() -> None:
    assert check_store(_Undeletable()).level is Level.ERROR


class _Eventual(MemoryStore):
    def list(self, prefix: str) -> list[ObjectInfo]:
        del prefix
        return []


def test_a_store_whose_listing_lags_behind_is_an_error() -> None:
    finding = check_store(_Eventual())

    assert finding.level is Level.ERROR
    assert "not consistent" in finding.advice


def test_the_database_is_ok_at_the_newest_revision_on_both_back_ends(backend: Backend) -> None:
    backend.open_database().close()
    database = quick_database(backend.settings)
    finding = check_database(database, backend.settings)

    assert finding.level is Level.OK
    assert "a query" in finding.text


def test_a_database_that_is_not_made_yet_is_ok_and_stays_unmade(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home")
    finding = check_database(quick_database(settings), settings)

    assert finding.level is Level.OK
    assert not (tmp_path / "home").exists()


def test_tables_of_another_revision_are_a_warning(embedded: Backend) -> None:
    database = embedded.open_database()
    with database.begin() as connection:
        connection.execute(update(table(VERSION_TABLE, column("version_num"))).values(version_num="9999"))
    finding = check_database(quick_database(embedded.settings), embedded.settings)

    assert finding.level is Level.WARNING
    assert "tables at 9999" in finding.text


@pytest.mark.parametrize(
    ("offsets", "level"),
    [
        ({}, Level.OK),
        ({"store": 1.5, "database": -0.2}, Level.OK),
        ({"store": 1.5, "database": -3.0}, Level.WARNING),
        ({"store": -160.0}, Level.WARNING),
    ],
)
def test_clocks_that_disagree_are_a_warning(offsets: dict[str, float], level: Level) -> None:
    assert check_clock(offsets).level is level


@pytest.mark.parametrize(("mode", "level"), [(0o600, Level.OK), (0o644, Level.WARNING)])
def test_a_file_with_secrets_is_for_its_owner_alone(tmp_path: Path, mode: int, level: Level) -> None:
    path = tmp_path / "coin_models.toml"
    path.write_text("")
    path.chmod(mode)
    row = EffectiveSetting(name="database_url", value="**********", origin=path.name, description="")

    assert check_secret_file(path, [row]).level is level


def test_a_home_that_others_can_look_into_is_a_warning_with_the_command_that_closes_it(tmp_path: Path) -> None:
    home, store = tmp_path / "my home", tmp_path / "store"
    for folder in (home / "dagster", store):
        folder.mkdir(parents=True)
        folder.chmod(0o755)
    home.chmod(0o755)
    settings = Settings(home=home, store_url=str(store))
    finding = check_permissions(settings)
    home.chmod(0o700)
    store.chmod(0o700)

    assert finding.level is Level.WARNING
    assert finding.advice == f"chmod -R go-rwx '{home}' {store}"
    assert check_permissions(settings).level is Level.OK
    assert check_permissions(Settings(home=tmp_path / "none")).level is Level.OK

"""The embedded home's event log: what it skips, and that it skips nothing that matters."""

from pathlib import Path

from dagster import AssetKey, AssetMaterialization, DagsterInstance

from coin_models.defs.instance.home import open_instance
from coin_models.defs.instance.sqlite_storage import KeptSqliteEventLogStorage
from coin_models.settings.root import Settings


def storage_of(instance: DagsterInstance) -> KeptSqliteEventLogStorage:
    storage = instance.event_log_storage
    assert isinstance(storage, KeptSqliteEventLogStorage)
    return storage


def test_what_one_instance_wrote_the_next_one_reads(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    with open_instance(settings) as instance:
        instance.report_runless_asset_event(AssetMaterialization("candles", partition="2026-03-10", tags={"a": "b"}))

    with open_instance(settings) as instance:
        event = instance.get_latest_materialization_event(AssetKey("candles"))

    assert event is not None
    assert event.asset_materialization is not None
    assert (event.asset_materialization.partition, event.asset_materialization.tags) == ("2026-03-10", {"a": "b"})


def test_a_first_run_that_was_killed_before_its_tables_were_there_is_made_good(tmp_path: Path) -> None:
    index = tmp_path / "dagster" / "events" / "index.db"
    index.parent.mkdir(parents=True)
    index.touch()

    with open_instance(Settings(home=tmp_path)) as instance:
        instance.report_runless_asset_event(AssetMaterialization("candles"))

        assert instance.all_asset_keys() == [AssetKey("candles")]


def test_a_table_that_is_not_there_yet_is_asked_for_again(tmp_path: Path) -> None:
    with open_instance(Settings(home=tmp_path)) as instance:
        storage = storage_of(instance)
        before = storage.has_table("later")
        with storage.index_connection() as connection:
            connection.exec_driver_sql("CREATE TABLE later (id INTEGER)")
        after = storage.has_table("later")

        assert (before, after) == (False, True)
        assert storage.has_table("asset_event_tags")

"""The embedded home's event log: what it skips, and that it skips nothing that matters."""

import threading
from pathlib import Path

import pytest
from dagster import (
    AssetCheckEvaluation,
    AssetCheckKey,
    AssetCheckSpec,
    AssetExecutionContext,
    AssetKey,
    AssetMaterialization,
    AssetSpec,
    DagsterEventType,
    DagsterInstance,
    DagsterRun,
    DailyPartitionsDefinition,
    EventLogEntry,
    materialize,
    multi_asset,
)
from sqlalchemy.exc import SQLAlchemyError

from coin_models.defs.instance.home import open_instance
from coin_models.defs.instance.private import SqliteEventLogStorage
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


DAY = "2026-03-10"
CANDLES, COMPLETE = AssetKey("candles"), AssetCheckKey(AssetKey("candles"), "complete")


@multi_asset(
    specs=[AssetSpec(CANDLES, skippable=True)],
    check_specs=[AssetCheckSpec("complete", asset=CANDLES)],
    partitions_def=DailyPartitionsDefinition("2026-03-01"),
    can_subset=True,
)
def made_at_once(context: AssetExecutionContext):  # type: ignore[no-untyped-def]
    """As our steps do: it logs what it made, and what the check found, and yields nothing."""
    context.log.info("a line of the log")
    context.log_event(AssetMaterialization(CANDLES, partition=DAY))
    context.log_event(AssetCheckEvaluation(asset_key=CANDLES, check_name="complete", passed=True, partition=DAY))
    yield from ()


def rows(instance: DagsterInstance, sql: str) -> list[tuple[object, ...]]:
    with storage_of(instance).index_connection() as connection:
        return [tuple(row) for row in connection.exec_driver_sql(sql)]


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "dagster" / "events").glob("*.db"))


def message(run: DagsterRun, text: str) -> EventLogEntry:
    return EventLogEntry(
        error_info=None, level="INFO", user_message=text, run_id=run.run_id, timestamp=1.0, job_name=run.job_name
    )


def test_a_run_that_succeeded_leaves_each_event_once_and_not_what_it_had_announced(tmp_path: Path) -> None:
    with open_instance(Settings(home=tmp_path)) as instance:
        run = materialize([made_at_once], instance=instance, partition_key=DAY)
        kinds = [
            record.event_log_entry.dagster_event_type for record in instance.get_records_for_run(run.run_id).records
        ]
        events = rows(instance, "SELECT dagster_event_type, count(*) FROM event_logs GROUP BY 1")
        checks = rows(instance, "SELECT partition, execution_status FROM asset_check_executions")
        (page_bytes,) = rows(instance, "PRAGMA page_size")[0]

        assert kinds.count(DagsterEventType.ASSET_MATERIALIZATION) == 1
        assert ("ASSET_MATERIALIZATION", 1) in events
        assert not any("PLANNED" in str(kind) for kind, _ in events)
        assert checks == [(DAY, "SUCCEEDED")]
        assert instance.get_materialized_partitions(CANDLES) == {DAY}
        assert instance.event_log_storage.get_asset_check_execution_history(COMPLETE, limit=2)[0].partition == DAY
        assert page_bytes == 8192
    assert files(tmp_path) == ["index.db"]


def test_an_event_that_cannot_be_stored_whole_leaves_nothing(tmp_path: Path) -> None:
    with open_instance(Settings(home=tmp_path)) as instance:
        instance.report_runless_asset_event(AssetMaterialization("candles"))
        with storage_of(instance).index_connection() as connection:
            connection.exec_driver_sql("DROP TABLE asset_keys")

        with pytest.raises(SQLAlchemyError):
            instance.report_runless_asset_event(AssetMaterialization("candles"))

        assert rows(instance, "SELECT count(*) FROM event_logs") == [(1,)]


def test_the_file_of_a_run_of_an_earlier_version_is_read_and_continued(tmp_path: Path) -> None:
    run = DagsterRun(job_name="retrain")
    with open_instance(Settings(home=tmp_path)) as instance:
        before = SqliteEventLogStorage(str(tmp_path / "dagster" / "events"))
        before.register_instance(instance)
        before.store_event(message(run, "before"))
        before.dispose()
        storage_of(instance).store_event(message(run, "after"))

        messages = [entry.user_message for entry in instance.all_logs(run.run_id)]

        assert messages == ["before", "after"]
        assert files(tmp_path) == sorted(["index.db", f"{run.run_id}.db"])
        storage_of(instance).forget_shard(run.run_id)
        assert files(tmp_path) == ["index.db"]


def test_a_file_without_events_that_an_earlier_version_made_by_looking_hides_none(tmp_path: Path) -> None:
    run = DagsterRun(job_name="retrain")
    with open_instance(Settings(home=tmp_path)) as instance:
        storage_of(instance).store_event(message(run, "here"))
        before = SqliteEventLogStorage(str(tmp_path / "dagster" / "events"))
        before.register_instance(instance)
        assert before.get_logs_for_run(run.run_id) == []
        before.dispose()

        assert files(tmp_path) == sorted(["index.db", f"{run.run_id}.db"])
        assert [entry.user_message for entry in instance.all_logs(run.run_id)] == ["here"]


def test_a_run_of_another_process_is_seen_while_it_runs(tmp_path: Path) -> None:
    run, seen, arrived = DagsterRun(job_name="retrain"), [], threading.Event()
    with open_instance(Settings(home=tmp_path)) as looking, open_instance(Settings(home=tmp_path)) as running:

        def note(entry: EventLogEntry, _cursor: str) -> None:
            seen.append(entry.user_message)
            arrived.set()

        looking.watch_event_logs(run.run_id, None, note)
        storage_of(running).store_event(message(run, "now"))

        assert arrived.wait(timeout=30)
        looking.end_watch_event_logs(run.run_id, note)
    assert seen == ["now"]

"""Another Dagster instance shows what the first one did: runs with their times and logs, partitions, what is switched off."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from dagster import (
    AssetCheckResult,
    AssetExecutionContext,
    AssetKey,
    AssetMaterialization,
    DagsterInstance,
    DagsterRunStatus,
    Definitions,
    RunsFilter,
    asset,
    asset_check,
    define_asset_job,
    materialize,
)
from dagster import StaticPartitionsDefinition as Partitions

from coin_models.defs.instance.home import open_instance
from coin_models.defs.instance.moved_history import move_history
from coin_models.defs.instance.prune_events import prune_log
from coin_models.errors import HomeError
from coin_models.settings.root import Settings

DAYS = ("2024-08-14", "2024-08-15")
KEY = AssetKey("made")


@asset(name="made", partitions_def=Partitions([*DAYS]))
def made(context: AssetExecutionContext) -> None:
    context.add_output_metadata({"skill": 0.25})


@asset_check(asset=made)
def fine() -> AssetCheckResult:
    return AssetCheckResult(passed=True)


@asset(name="failing")
def failing() -> None:
    raise ValueError("of the test")


def nothing(_text: str, _done: int, _total: int) -> None:
    return None


@pytest.fixture(scope="module")
def worked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with three runs."""
    home = tmp_path_factory.mktemp("worked")
    with open_instance(Settings(home=home)) as instance:
        for day in DAYS:
            materialize([made, fine], partition_key=day, instance=instance)
        materialize([failing], instance=instance, raise_on_error=False)
    return home


@pytest.fixture
def origin(worked: Path, tmp_path: Path) -> Iterator[DagsterInstance]:
    shutil.copytree(worked, tmp_path / "old")
    with open_instance(Settings(home=tmp_path / "old")) as instance:
        yield instance


@pytest.fixture
def target(tmp_path: Path) -> Iterator[DagsterInstance]:
    with open_instance(Settings(home=tmp_path / "new")) as instance:
        yield instance


def runs(instance: DagsterInstance) -> list[tuple[Any, ...]]:
    return [
        (
            record.dagster_run.run_id,
            record.dagster_run.status,
            record.create_timestamp,
            record.start_time,
            record.end_time,
        )
        for record in instance.get_run_records()
    ]


def logs(instance: DagsterInstance, run_id: str) -> list[tuple[float, str, str | None]]:
    return [(entry.timestamp, entry.message, entry.step_key) for entry in instance.all_logs(run_id)]


def checks(instance: DagsterInstance) -> list[tuple[Any, ...]]:
    storage: Any = instance.event_log_storage
    with storage.index_connection() as connection:
        query = "SELECT run_id, check_name, execution_status FROM asset_check_executions ORDER BY run_id, id"
        return [tuple(row) for row in connection.exec_driver_sql(query)]


def test_runs_logs_and_partitions_are_the_same_and_a_second_call_adds_nothing(
    origin: DagsterInstance, target: DagsterInstance
) -> None:
    assert move_history(origin, target, nothing) == (3, 2)
    assert move_history(origin, target, nothing) == (3, 2)

    assert runs(target) == runs(origin)
    assert [logs(target, run[0]) for run in runs(origin)] == [logs(origin, run[0]) for run in runs(origin)]
    assert target.get_materialized_partitions(KEY) == set(DAYS)
    newest, before = (each.get_latest_materialization_event(KEY) for each in (target, origin))
    assert newest is not None
    assert before is not None
    assert newest.asset_materialization == before.asset_materialization
    assert (newest.run_id, newest.timestamp) == (before.run_id, before.timestamp)


def test_a_run_that_was_half_copied_is_copied_whole(origin: DagsterInstance, target: DagsterInstance) -> None:
    """Once killed after its beginning, once before its last event, with the check's result."""
    (run_id, *_), (other_id, *_) = runs(origin)[1:]
    for entry in [*origin.all_logs(run_id)[:3], *origin.all_logs(other_id)[:-1]]:
        target.store_event(entry)

    move_history(origin, target, nothing)

    assert logs(target, run_id) == logs(origin, run_id)
    assert logs(target, other_id) == logs(origin, other_id)
    assert checks(target) == checks(origin) != []


def test_pruned_logs_and_reports_without_a_run_keep_their_partitions_and_times(
    origin: DagsterInstance, target: DagsterInstance
) -> None:
    for run in runs(origin):
        prune_log(origin, run[0])
    origin.report_runless_asset_event(AssetMaterialization("reported", partition=DAYS[0]))

    move_history(origin, target, nothing)

    assert target.get_materialized_partitions(KEY) == set(DAYS)
    assert target.get_materialized_partitions(AssetKey("reported")) == {DAYS[0]}
    assert runs(target) == runs(origin)


def test_what_was_wiped_stays_wiped(origin: DagsterInstance, target: DagsterInstance) -> None:
    origin.wipe_assets([KEY])

    assert move_history(origin, target, nothing) == (3, 0)
    assert target.get_materialized_partitions(KEY) == set()


def test_a_run_that_had_not_ended_is_failed_in_the_new_home(origin: DagsterInstance, target: DagsterInstance) -> None:
    run = origin.get_run_records()[0].dagster_run
    job = Definitions(assets=[failing], jobs=[define_asset_job("again", "failing")]).resolve_job_def("again")
    unfinished = origin.create_run_for_job(job, tags=run.tags)

    move_history(origin, target, nothing)
    move_history(origin, target, nothing)

    (moved,) = target.get_runs(RunsFilter(run_ids=[unfinished.run_id]))
    assert moved.status is DagsterRunStatus.FAILURE
    assert sum("was moved before this run ended" in text for _, text, _ in logs(target, moved.run_id)) == 1


def test_runs_of_another_home_are_refused(origin: DagsterInstance, target: DagsterInstance) -> None:
    materialize([made], partition_key=DAYS[0], instance=target)

    with pytest.raises(HomeError, match="holds runs of another home"):
        move_history(origin, target, nothing)

"""A run's log goes and its newest materializations stay; a run beyond everything that is kept goes whole. On both databases."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from dagster import (
    AssetCheckResult,
    AssetExecutionContext,
    AssetKey,
    DagsterInstance,
    DagsterRun,
    DagsterRunStatus,
    DailyPartitionsDefinition,
    RunsFilter,
    asset,
    asset_check,
    materialize,
)
from sqlalchemy import text

from coin_models.defs.instance.home import open_instance
from coin_models.defs.instance.prune_events import RunPruning, plan_runs, prune_log, prune_runs
from coin_models.settings.retention import RetentionSettings
from coin_models.settings.root import Settings
from coin_models_tests.backends import EMBEDDED, STACK, fresh_database, stack_settings

FIRST, SECOND = "2026-03-09", "2026-03-10"
RETENTION = RetentionSettings(days=400, events_days=60)


@asset(partitions_def=DailyPartitionsDefinition("2026-03-01"))
def candles(context: AssetExecutionContext) -> None:
    print("printed by the run")  # noqa: T201
    context.log.info("a line of the log")


@asset_check(asset=candles)
def complete() -> AssetCheckResult:
    return AssetCheckResult(passed=True)


@pytest.fixture(params=[EMBEDDED, STACK])
def instance(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[DagsterInstance]:
    if request.param == EMBEDDED:
        with open_instance(Settings(home=tmp_path)) as opened:
            yield opened
        return
    access = request.getfixturevalue("stack_access")
    with fresh_database(access) as url:
        settings = stack_settings(access, home=tmp_path, database_url=url, prefix=tmp_path.name)
        with open_instance(settings) as opened:
            yield opened


def run_day(instance: DagsterInstance, day: str) -> str:
    return materialize([candles, complete], instance=instance, partition_key=day).run_id


def later(days: int) -> datetime:
    return datetime.now(UTC) + timedelta(days=days)


def count(instance: DagsterInstance, table: str, where: str = "1 = 1") -> int:
    storage: Any = instance.event_log_storage
    with storage.index_connection() as connection:
        return int(connection.execute(text(f"SELECT count(*) FROM {table} WHERE {where}")).scalar())  # noqa: S608


def nothing(_what: str, _done: int, _total: int) -> None:
    return None


def test_the_log_goes_and_each_partition_stays_with_its_newest_materialization(instance: DagsterInstance) -> None:
    replaced, second, newest = (run_day(instance, day) for day in (FIRST, SECOND, FIRST))
    made = instance.get_latest_materialization_event(AssetKey("candles"))
    num_checks = count(instance, "asset_check_executions")

    for run_id in (replaced, second):
        prune_log(instance, run_id)
        prune_log(instance, run_id)  # again after a kill

    assert instance.get_materialized_partitions(AssetKey("candles")) == {FIRST, SECOND}
    assert instance.get_latest_materialization_event(AssetKey("candles")) == made
    assert count(instance, "event_logs", "dagster_event_type = 'ASSET_MATERIALIZATION'") == 2
    assert count(instance, "asset_check_executions") == num_checks / 3 > 0
    assert [run.run_id for run in instance.get_runs(RunsFilter(tags={"coin_models/log_pruned": "true"}))] == [
        second,
        replaced,
    ]
    lines = [record.event_log_entry.user_message for record in instance.get_records_for_run(second).records]
    assert not any("a line of the log" in line for line in lines)
    lines = [record.event_log_entry.user_message for record in instance.get_records_for_run(newest).records]
    assert any("a line of the log" in line for line in lines)


def test_first_the_log_is_old_then_the_run(instance: DagsterInstance) -> None:
    run_id = run_day(instance, FIRST)

    assert plan_runs(instance, RETENTION, later(59)) == RunPruning(log_ids=(), run_ids=())
    old_log = plan_runs(instance, RETENTION, later(61))
    assert old_log == RunPruning(log_ids=(run_id,), run_ids=())
    assert prune_runs(instance, old_log, nothing)
    assert plan_runs(instance, RETENTION, later(61)).counts == {}
    old_run = plan_runs(instance, RETENTION, later(401))
    assert old_run.counts == {"runs": 1}
    assert prune_runs(instance, old_run, nothing)

    assert (instance.get_runs(), count(instance, "event_logs")) == ([], 0)
    assert count(instance, "asset_event_tags") == 0
    assert plan_runs(instance, RETENTION, later(401)).counts == {}


def test_what_a_run_printed_goes_with_its_log(tmp_path: Path) -> None:
    with open_instance(Settings(home=tmp_path)) as instance:
        run_id = run_day(instance, FIRST)
        files = list((tmp_path / "dagster").rglob(f"*{run_id}*"))

        prune_log(instance, run_id)

        assert files  # the folder of what it printed
        assert list((tmp_path / "dagster").rglob(f"*{run_id}*")) == []


def test_a_run_that_is_not_over_stays_and_a_turn_that_is_over_leaves_the_rest(tmp_path: Path) -> None:
    with open_instance(Settings(home=tmp_path)) as instance:
        for day in (FIRST, SECOND):
            run_day(instance, day)
        instance.add_run(DagsterRun(job_name="queued", status=DagsterRunStatus.NOT_STARTED))
        pruning = plan_runs(instance, RETENTION, later(401))

        assert prune_runs(instance, pruning, nothing, lambda: True) is False
        assert len(instance.get_runs()) == 2

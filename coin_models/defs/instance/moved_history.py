"""Copies Dagster's history into another instance: runs with their logs, the newest materializations, what is switched on.

What is copied keeps its run, its time and its content, so that the new UI shows what the old one did. Runs are copied oldest
first, each after its events: a run that the target has is whole. Materializations whose run is gone, or whose log `prune`
removed, are copied afterwards, the newest of each partition. Output of runs (stdout, stderr) is not copied.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from dagster import (
    AssetKey,
    AssetRecordsFilter,
    DagsterEvent,
    DagsterEventType,
    DagsterInstance,
    DagsterRunStatus,
    EventLogEntry,
    EventLogRecord,
    RunRecord,
    RunsFilter,
)

from coin_models.defs.instance.prune_events import remove_checks
from coin_models.errors import HomeError

Advance = Callable[[str, int, int], None]
"""Called with what is being copied, and with how many of how many are."""

_PAGE: Final = 200
_ENDS: Final = {
    DagsterRunStatus.SUCCESS: DagsterEventType.PIPELINE_SUCCESS,
    DagsterRunStatus.FAILURE: DagsterEventType.PIPELINE_FAILURE,
    DagsterRunStatus.CANCELED: DagsterEventType.PIPELINE_CANCELED,
}
_MOVED: Final = "the home was moved before this run ended; the resume sensor continues in the new one"


def move_history(origin: DagsterInstance, target: DagsterInstance, advance: Advance) -> tuple[int, int]:
    """Copies what the target lacks; returns the number of runs, and of materialized partitions, that both have.

    Raises:
        HomeError: the target lacks a partition of the origin at the end, or holds runs of another home.
    """
    shown = {key: frozenset(origin.get_materialized_partitions(key)) for key in origin.all_asset_keys()}
    total = origin.get_runs_count()
    num_runs = 0
    for record in _runs(origin):
        _copy_run(origin, target, record, shown)
        num_runs += 1
        advance("Dagster's runs", num_runs, total)
    if target.get_runs_count() > num_runs:
        raise HomeError("Dagster's storage in the target holds runs of another home; name an empty database")
    num_partitions = 0
    for key, partitions in shown.items():
        _copy_partitions(origin, target, key, partitions)
        num_partitions += len(partitions)
        advance("Dagster's partitions", num_partitions, sum(map(len, shown.values())))
    _copy_switches(origin, target)
    return num_runs, num_partitions


def _runs(instance: DagsterInstance) -> Iterator[RunRecord]:
    cursor = None
    while records := instance.get_run_records(limit=_PAGE, cursor=cursor, ascending=True):
        yield from records
        cursor = records[-1].dagster_run.run_id


def _copy_run(
    origin: DagsterInstance, target: DagsterInstance, record: RunRecord, shown: Mapping[AssetKey, frozenset[str]]
) -> None:
    run = record.dagster_run
    existing = next(iter(target.get_run_records(RunsFilter(run_ids=[run.run_id]))), None)
    if existing is None:
        _forget_run(target, run.run_id)
        _copy_snapshots(origin, target, record)
        for events in _events_of(origin, run.run_id):
            for event in events:
                if _is_shown(event, shown):
                    target.event_log_storage.store_event(event)
        target.run_storage.add_historical_run(run, record.create_timestamp)
    if existing is None or (existing.end_time is None and record.end_time is not None):
        _set_times(target, record)
    if not run.is_finished and not (existing and existing.dagster_run.is_finished):
        target.report_run_failed(run, _MOVED)


def _forget_run(target: DagsterInstance, run_id: str) -> None:
    """Removes what a call that was killed had stored of it."""
    storage: Any = target.event_log_storage
    storage.delete_events(run_id)
    with storage.index_connection() as connection:
        remove_checks(connection, run_id)


def _copy_snapshots(origin: DagsterInstance, target: DagsterInstance, record: RunRecord) -> None:
    run = record.dagster_run
    if run.job_snapshot_id and not target.has_snapshot(run.job_snapshot_id):
        target.add_snapshot(origin.get_job_snapshot(run.job_snapshot_id))
    if run.execution_plan_snapshot_id and not target.has_snapshot(run.execution_plan_snapshot_id):
        target.add_snapshot(origin.get_execution_plan_snapshot(run.execution_plan_snapshot_id))


def _events_of(instance: DagsterInstance, run_id: str) -> Iterator[Sequence[EventLogEntry]]:
    cursor, has_more = None, True
    while has_more:
        page = instance.get_records_for_run(run_id, cursor=cursor, limit=_PAGE, ascending=True)
        yield [record.event_log_entry for record in page.records]
        cursor, has_more = page.cursor, page.has_more


def _is_shown(event: EventLogEntry, shown: Mapping[AssetKey, frozenset[str]]) -> bool:
    """A partition that was wiped stays so."""
    made = event.asset_materialization
    return made is None or made.partition is None or made.partition in shown.get(made.asset_key, ())


def _set_times(target: DagsterInstance, record: RunRecord) -> None:
    """When the run began and ended: of its record, since the events that say it may have been pruned."""
    run = record.dagster_run
    times = ((DagsterEventType.PIPELINE_START, record.start_time), (_ENDS.get(run.status), record.end_time))
    for kind, seconds in times:
        if kind is not None and seconds is not None:
            event = DagsterEvent(event_type_value=kind.value, job_name=run.job_name)
            target.run_storage.handle_run_event(run.run_id, event, datetime.fromtimestamp(seconds, UTC))


def _copy_partitions(
    origin: DagsterInstance, target: DagsterInstance, key: AssetKey, partitions: frozenset[str]
) -> None:
    missing = sorted(partitions.difference(target.get_materialized_partitions(key)))
    for start in range(0, len(missing), _PAGE):
        newest: dict[str | None, EventLogRecord] = {}
        for record in _materializations(origin, key, missing[start : start + _PAGE]):  # newest first
            newest.setdefault(record.partition_key, record)
        records = sorted(newest.values(), key=lambda each: each.storage_id)
        target.event_log_storage.store_event_batch([record.event_log_entry for record in records])
    lost = partitions.difference(target.get_materialized_partitions(key)) if missing else ()
    if lost:
        raise HomeError(
            f"Dagster's storage in the target lacks {key.to_user_string()} of {min(lost)}; repeat the command"
        )


def _materializations(instance: DagsterInstance, key: AssetKey, partitions: Sequence[str]) -> Iterator[EventLogRecord]:
    cursor, has_more = None, True
    while has_more:
        wanted = AssetRecordsFilter(asset_key=key, asset_partitions=list(partitions))
        page = instance.fetch_materializations(wanted, limit=_PAGE, cursor=cursor)
        yield from page.records
        cursor, has_more = page.cursor, page.has_more


def _copy_switches(origin: DagsterInstance, target: DagsterInstance) -> None:
    """Schedules and sensors that were switched on or off."""
    existing = {state.selector_id for state in target.all_instigator_state()}
    for state in origin.all_instigator_state():
        if state.selector_id not in existing:
            target.add_instigator_state(state)

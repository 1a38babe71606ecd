"""Removes what is old of Dagster's runs: first a run's log, later the run.

Dagster has a retention of ticks alone (dagster.yaml, home.py), and its public `delete_run` takes a run's materializations
too: its partitions would show as missing. So of a run whose log is old, everything goes but its status events and the newest
materialization of each partition (docs/adr/0135); a run that is older than everything that is kept goes by `delete_run`.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from dagster import DagsterEventType, DagsterInstance, DagsterRunStatus, RunsFilter
from sqlalchemy import ColumnElement, Connection, delete, exists, func, not_, or_, select, text

from coin_models.settings.retention import RetentionSettings

PRUNED: Final = "coin_models/log_pruned"
"""Tag of a run whose log was removed."""
_FINISHED: Final = [DagsterRunStatus.SUCCESS, DagsterRunStatus.FAILURE, DagsterRunStatus.CANCELED]
_PAGE: Final = 200
_RUN_STATUS: Final = "PIPELINE_%"  # what Dagster's events of a run's status are called
_CHECKS: Final = text("DELETE FROM asset_check_executions WHERE run_id = :run")


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPruning:
    """Dagster runs that are old enough."""

    log_ids: Sequence[str]  # of those whose log goes
    run_ids: Sequence[str]  # of those that go

    @property
    def counts(self) -> dict[str, int]:
        """By what it is, how many are removed."""
        counted = {"logs of runs": len(self.log_ids), "runs": len(self.run_ids)}
        return {what: number for what, number in counted.items() if number}


def plan_runs(instance: DagsterInstance, retention: RetentionSettings, now: datetime) -> RunPruning:
    """The finished runs whose log, or which themselves, are older than the retention says."""
    log_before, run_before = (now - timedelta(days=days) for days in (retention.events_days, retention.days))
    logs, runs = [], []
    for record in _finished(instance, min(log_before, now)):
        run = record.dagster_run
        if record.create_timestamp < run_before:
            runs.append(run.run_id)
        elif PRUNED not in run.tags:
            logs.append(run.run_id)
    return RunPruning(log_ids=tuple(logs), run_ids=tuple(runs))


def prune_runs(
    instance: DagsterInstance,
    pruning: RunPruning,
    progress: Callable[[str, int, int], None],
    is_over: Callable[[], bool] = lambda: False,
) -> bool:
    """Removes them, a run at a time; whether all were. A run that was killed in between is removed by the next call."""
    for what, remove, run_ids in (("logs of runs", prune_log, pruning.log_ids), ("runs", _prune_run, pruning.run_ids)):
        for number, run_id in enumerate(run_ids, start=1):
            remove(instance, run_id)
            progress(what, number, len(run_ids))
            if is_over():
                return False
    return True


def prune_log(instance: DagsterInstance, run_id: str) -> None:
    """Removes a run's log, what it printed, and its check results; keeps its newest materializations. Twice is once."""
    storage: Any = instance.event_log_storage
    instance.compute_log_manager.delete_logs(prefix=[run_id])
    with storage.index_connection() as connection:
        _remove_events(connection, run_id)
    if hasattr(storage, "forget_shard"):  # SQLite has a file for each run beside the index of all
        storage.forget_shard(run_id)
    instance.add_run_tags(run_id, {PRUNED: "true"})


def _prune_run(instance: DagsterInstance, run_id: str) -> None:
    """The run last: what refers to a run that is gone would not be found again."""
    prune_log(instance, run_id)
    instance.event_log_storage.delete_events(run_id)
    instance.delete_run(run_id)
    storage: Any = instance.event_log_storage
    if hasattr(storage, "forget_shard"):
        storage.forget_shard(run_id)


def _remove_events(connection: Connection, run_id: str) -> None:
    # Late: it brings alembic and mako, 0.3 s that loading the definitions need not pay.
    from coin_models.defs.instance.private import SqlEventLogStorageTable

    events = SqlEventLogStorageTable
    going = (events.c.run_id == run_id) & ~_stays(events)
    ids = select(events.c.id).where(going)
    tags = text("DELETE FROM asset_event_tags WHERE event_id = :event")
    gone = [{"event": event} for event in connection.execute(ids).scalars()]
    if gone:
        connection.execute(tags, gone)
    connection.execute(delete(events).where(going))
    remove_checks(connection, run_id)


def remove_checks(connection: Connection, run_id: str) -> None:
    """Removes the results of a run's checks, which Dagster's `delete_events` leaves."""
    connection.execute(_CHECKS, {"run": run_id})


def _stays(events: Any) -> ColumnElement[bool]:
    newer = events.alias()
    same = (newer.c.asset_key == events.c.asset_key) & (newer.c.partition == events.c.partition)
    made = DagsterEventType.ASSET_MATERIALIZATION.value
    is_newer = same & (newer.c.dagster_event_type == made) & (newer.c.id > events.c.id)
    is_status = func.coalesce(events.c.dagster_event_type, "").like(_RUN_STATUS)
    is_made = func.coalesce(events.c.dagster_event_type, "") == made
    return or_(is_status, is_made & not_(exists().where(is_newer)))


def _finished(instance: DagsterInstance, before: datetime) -> Iterator[Any]:
    """Runs that ended and were created before, oldest first."""
    cursor, filters = None, RunsFilter(statuses=_FINISHED, created_before=before)
    while True:
        records = instance.get_run_records(filters, limit=_PAGE, cursor=cursor, ascending=True)
        yield from records
        if len(records) < _PAGE:
            return
        cursor = records[-1].dagster_run.run_id

"""Runs that ended before they tried anything: each becomes an attempt of its coin-days, with the run's failure as reason.

A run that dies in the import of its code, with its resources or by the reaper writes no attempt itself. Then the resume
sensor would launch one at every tick, for ever: 1,440 a day. As an attempt of a place it is tried again after a pause
that doubles up to its cap, and `status` and messages give its reason.
"""

from collections.abc import Mapping, Sequence
from datetime import date

from dagster import DagsterInstance, DagsterRun, DagsterRunStatus, RunRecord

from coin_models.defs.failures import cause_of_run
from coin_models.defs.runs import INTERRUPTED, coins_of, days_of
from coin_models.operations.sessions import INTERRUPTED as SESSION_INTERRUPTED
from coin_models.operations.sessions import LOST
from coin_models.pipeline.plan.plan import Plan
from coin_models.pipeline.services import Services
from coin_models.pipeline.train.unreached import record_unstarted

_NOT_INTERRUPTED = "no"


def record_unstarted_runs(
    services: Services, instance: DagsterInstance, plan: Plan, runs: Mapping[date, Sequence[RunRecord]]
) -> int:
    """Records the newest run of each day, where it failed without an attempt; returns the number of coin-days.

    Args:
        services: where attempts are.
        instance: where runs are.
        plan: of the days, as they are now.
        runs: the runs of each day, newest first.
    """
    newest = {records[0].dagster_run.run_id: records[0].dagster_run for records in runs.values() if records}
    failed = {run_id: run for run_id, run in newest.items() if run.status is DagsterRunStatus.FAILURE}
    if not failed:
        return 0
    tried = services.attempts.runs_that_tried(failed, plan.days[0], plan.days[-1])
    return sum(
        _record(services, instance, plan, run)
        for run_id, run in failed.items()
        if run_id not in tried and not _was_interrupted(services, run)
    )


def _record(services: Services, instance: DagsterInstance, plan: Plan, run: DagsterRun) -> int:
    days, coins = days_of(run.tags), coins_of(run, plan.coins)
    items = [item for item in plan if item.day in days and item.coin in coins and item.is_due_now]
    if items:
        reason = f"run {run.run_id[:8]} ended before it tried anything: {cause_of_run(instance, run.run_id)}"
        record_unstarted(services, items, reason, run_id=run.run_id)
    return len(items)


def _was_interrupted(services: Services, run: DagsterRun) -> bool:
    """Whether a signal, a notice or a kill ended it: an interruption is repeated at once."""
    if run.tags.get(INTERRUPTED, _NOT_INTERRUPTED) != _NOT_INTERRUPTED:
        return True
    session = run.tags.get("session")
    return session is not None and services.sessions.end_reason(session) in (LOST, SESSION_INTERRUPTED)

"""The reaper's part in Dagster: fails runs whose worker is dead and frees their slots.

It asks the leases, not the run launcher: Dagster's default launcher cannot see a dead worker, and every launcher's
worker holds the same lease. Sessions, leases and attempts are closed in operations/reaper.py.
"""

import logging
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from dagster import DagsterInstance, DagsterRun, DagsterRunStatus, RunRecord, RunsFilter

from coin_models.defs.instance.pools import make_pools_known
from coin_models.operations.leases import RunLease
from coin_models.operations.reaper import ReapedSessions, reap_sessions
from coin_models.pipeline.services import Services

logger = logging.getLogger(__name__)

_SESSION_LEASES = 2  # lives of a lease from the run's start to its worker's session: a database is waited for 30 s
_BEGUN = [DagsterRunStatus.STARTING, DagsterRunStatus.STARTED, DagsterRunStatus.CANCELING]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReapResult:
    """What the reaper found."""

    sessions: ReapedSessions
    runs: dict[str, str]  # run id -> why it was ended
    num_alive: int

    def __str__(self) -> str:
        """One sentence for the tick, the log and the terminal."""
        alive = f"{self.num_alive} run(s) alive"
        if not self.runs and not self.sessions.session_ids:
            return f"no dead runs, {alive}"
        runs = "".join(f"; run {run_id[:8]}: {reason}" for run_id, reason in self.runs.items())
        return (
            f"{len(self.sessions.session_ids)} dead session(s) closed, {len(self.sessions.attempts)} attempt(s) marked as "
            f"interrupted, {len(self.runs)} dead run(s) ended, {alive}{runs}"
        )


def reap(services: Services, instance: DagsterInstance) -> ReapResult:
    """Closes what died without notice: sessions, attempts, leases, then the runs without a worker.

    A run that waits in the queue holds no lease and is left alone, as is one that was asked to stop and still lives.
    """
    make_pools_known(instance)
    operations = services.settings.operations
    sessions = reap_sessions(
        services.sessions,
        services.attempts,
        services.leases,
        lease_seconds=operations.lease_seconds,
        clock=services.clock,
    )
    records = instance.get_run_records(RunsFilter(statuses=_BEGUN))
    leases = services.leases.runs([record.dagster_run.run_id for record in records])
    now = services.clock.now()
    ended: dict[str, str] = {}
    for record in records:
        run = record.dagster_run
        reason = _why_dead(
            record,
            leases.get(run.run_id),
            now,
            lease_seconds=operations.lease_seconds,
            start_seconds=operations.run_start_seconds,
        )
        if reason is not None and _end(instance, run.run_id, reason):
            ended[run.run_id] = reason
    return ReapResult(sessions=sessions, runs=ended, num_alive=len(records) - len(ended))


def _why_dead(
    record: RunRecord, lease: RunLease | None, now: datetime, *, lease_seconds: float, start_seconds: float
) -> str | None:
    """Why this run has no worker any more; None while it may have one."""
    if lease is None:
        began = _moment(record.start_time)
        if began is not None:  # the worker itself said so: its session is the next thing that it opens
            start_seconds = min(start_seconds, _SESSION_LEASES * lease_seconds)
        if now - (began or record.update_timestamp.replace(tzinfo=UTC)) <= timedelta(seconds=start_seconds):
            return None
        return (
            f"its worker has not opened a session in {start_seconds:.0f} s: it died before that, or never started "
            "(if this machine needs longer, raise operations.run_start_seconds)"
        )
    if lease.ends_at > now:
        return None
    if not lease.was_released:
        return f"its worker is dead: its lease ended at {lease.ends_at:%H:%M:%S} UTC and was not renewed"
    if now - lease.ends_at <= timedelta(seconds=lease_seconds):
        return None  # it has closed its session and is about to say how the run ended
    return (
        f"its worker closed its session at {lease.ends_at:%H:%M:%S} UTC and died before it recorded the end of the run"
    )


def _end(instance: DagsterInstance, run_id: str, reason: str) -> bool:
    """Fails the run, or cancels it where that was requested; False where it ended by itself meanwhile."""
    run = instance.get_run_by_id(run_id)
    if run is None or run.is_finished:
        return False
    _report(instance, run, f"{reason}. Published models are kept; the rest is resumed.")
    if instance.event_log_storage.supports_global_concurrency_limits:
        instance.event_log_storage.free_concurrency_slots_for_run(run_id)
    logger.info("run ended by the reaper", extra={"run_id": run_id, "reason": reason})
    return True


def _report(instance: DagsterInstance, run: DagsterRun, message: str) -> None:
    if run.status == DagsterRunStatus.CANCELING:
        instance.report_run_canceled(run, message)
        return
    instance.report_run_failed(run, message)  # no step failed: run retries launch it again


def _moment(timestamp: float | None) -> datetime | None:
    return None if timestamp is None else datetime.fromtimestamp(timestamp, UTC)

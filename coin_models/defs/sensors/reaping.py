"""The reaper's part in Dagster: fails runs whose worker is dead and frees their slots.

It asks the leases, not the run launcher: Dagster's default launcher cannot see a dead worker, and every launcher's
worker holds the same lease. Sessions, leases and attempts are closed in operations/reaper.py.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from dagster import DagsterInstance, DagsterRun, DagsterRunStatus, RunsFilter

from coin_models.defs.instance.pools import make_pools_known
from coin_models.defs.runs import BEGUN, MACHINE, NO_MACHINE, WAITING
from coin_models.operations.leases import LeaseState, run_lease, start_lease, submit_lease
from coin_models.operations.reaper import REAPER, ReapedSessions, reap_sessions
from coin_models.pipeline.services import Services

logger = logging.getLogger(__name__)

_NEVER_SUBMITTED = "it was created and never submitted to the queue: what created it ended in between"


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

    A run that waits in the queue holds no lease and is left alone, as is one that was asked to stop and still lives. One
    that was created and not submitted within the time that a worker may take to start is ended too: what created it was
    killed, or refused by the database, and its days would wait for it.
    """
    in_fleet = services.settings.fleet.broker_url is not None
    workers = services.workers.live() if in_fleet else []
    make_pools_known(instance, num_workers=len(workers) if in_fleet else None)
    operations = services.settings.operations
    sessions = reap_sessions(services.sessions, services.attempts, services.leases, operations=operations)
    begun = _run_ids(instance, *BEGUN)
    dead = _dead_runs(services, begun, can_start=not in_fleet or any(w.is_idle for w in workers))
    ended = {run_id: reason for run_id, reason in dead.items() if _end(instance, run_id, reason)}
    num_alive = len(begun) - len(ended)
    created = _run_ids(instance, DagsterRunStatus.NOT_STARTED)
    ended |= {
        run_id: _NEVER_SUBMITTED
        for run_id in _never_submitted(services, created)
        if _is_not_submitted(instance, run_id) and _end(instance, run_id, _NEVER_SUBMITTED)
    }
    _unname_machines(instance)
    return ReapResult(sessions=sessions, runs=ended, num_alive=num_alive)


def _is_not_submitted(instance: DagsterInstance, run_id: str) -> bool:
    run = instance.get_run_by_id(run_id)
    return run is not None and run.status is DagsterRunStatus.NOT_STARTED


def _run_ids(instance: DagsterInstance, *statuses: DagsterRunStatus) -> list[str]:
    return [record.dagster_run.run_id for record in instance.get_run_records(RunsFilter(statuses=list(statuses)))]


def _unname_machines(instance: DagsterInstance) -> None:
    """A run that waits has no machine, also where it was made from one that had: by run retries, or by a person."""
    for record in instance.get_run_records(RunsFilter(statuses=list(WAITING))):
        run = record.dagster_run
        if run.tags.get(MACHINE, NO_MACHINE) != NO_MACHINE:
            instance.add_run_tags(run.run_id, {MACHINE: NO_MACHINE})


def _dead_runs(services: Services, run_ids: Sequence[str], *, can_start: bool) -> dict[str, str]:
    """Which of these runs have no worker any more, and why.

    All by the database's clock: Dagster's own times are those of whichever machines wrote them. A run that waits in the
    broker's queue has no lease: its time to start counts from when a worker is idle, who would have taken it by then.
    """
    operations = services.settings.operations
    lease_states = services.leases.states(
        [name for run_id in run_ids for name in (run_lease(run_id), start_lease(run_id))]
    )
    grace, start = timedelta(seconds=operations.lease_seconds), timedelta(seconds=operations.run_start_seconds)
    dead: dict[str, str] = {}
    for run_id in run_ids:
        lease, turn = lease_states.get(run_lease(run_id)), lease_states.get(start_lease(run_id))
        if lease is not None:
            reason = _why_dead(lease, grace)
        elif turn is None or not can_start:  # seen for the first time, or in the queue behind others
            services.leases.acquire([start_lease(run_id)], REAPER, lifetime=start)
            reason = None
        else:
            reason = None if turn.is_live else _never_started(operations.run_start_seconds)
        if reason is not None:
            dead[run_id] = reason
    return dead


def _never_submitted(services: Services, run_ids: Sequence[str]) -> list[str]:
    """Which of these runs, that are not submitted, the reaper has seen so for longer than a worker may take to start."""
    turns = services.leases.states([submit_lease(run_id) for run_id in run_ids])
    seen = {run_id: turns.get(submit_lease(run_id)) for run_id in run_ids}
    new = [submit_lease(run_id) for run_id, turn in seen.items() if turn is None]
    if new:
        start = timedelta(seconds=services.settings.operations.run_start_seconds)
        services.leases.acquire(new, REAPER, lifetime=start)
    return [run_id for run_id, turn in seen.items() if turn is not None and not turn.is_live]


def _never_started(seconds: float) -> str:
    return (
        f"its worker has not opened a session in {seconds:.0f} s: it died before that, or never started "
        "(if this machine needs longer, raise operations.run_start_seconds)"
    )


def _why_dead(lease: LeaseState, grace: timedelta) -> str | None:
    """Why a run that has had this lease has no worker any more; None while it may have one."""
    if lease.is_live:
        return None
    if not lease.was_released:
        return f"its worker is dead: its lease ended at {lease.ends_at:%H:%M:%S} UTC and was not renewed"
    if lease.ended_ago <= grace:
        return None  # it has closed its session and is about to say how the run ended
    return (
        f"its worker closed its session at {lease.ends_at:%H:%M:%S} UTC and died before it recorded the end of the run"
    )


def _end(instance: DagsterInstance, run_id: str, reason: str) -> bool:
    """Fails the run, or cancels it where that was requested; False where it ended by itself meanwhile."""
    run = instance.get_run_by_id(run_id)
    if run is None or run.is_finished:
        return False
    machine = run.tags.get(MACHINE, NO_MACHINE)
    if machine != NO_MACHINE:  # before run retries copy the tags
        instance.add_run_tags(run_id, {MACHINE: NO_MACHINE})
        reason = f"{reason} (machine {machine})"
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

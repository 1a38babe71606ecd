"""The Dagster resources: the services, and a worker, which is an open session that uses them.

Opens them for a run and tags the run with its session. Domain code never sees a Dagster class.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from dagster import (
    DagsterInstance,
    DagsterInvariantViolationError,
    DagsterRun,
    InitResourceContext,
    ResourceDefinition,
)

from coin_models.clock import Clock
from coin_models.defs.runs import (
    INTERRUPTED,
    NIGHTLY,
    REPORT_SENSOR,
    RESUME,
    RESUMED,
    coins_of,
    days_of,
    tag_interrupted,
    work_tags,
)
from coin_models.market.universe import resolve_universe
from coin_models.operations.preflight import require_disk_space
from coin_models.pipeline.services import Services, open_services
from coin_models.pipeline.worker import Worker, open_worker
from coin_models.settings.root import Settings
from coin_models.training.interruption.providers import build_preemption_monitor

SERVICES, WORKER = "services", "worker"
_UI = "the UI"


def services_of_settings(settings: Settings) -> ResourceDefinition:
    """Services that are opened when they are first needed, and closed with the run; outside a run they only read.

    Dagster makes a dependency of an I/O manager again for each of them: those that are open are shared by all of a process.
    """
    in_use: list[Services] = []  # once per user
    lock = Lock()

    @contextmanager  # a bare generator is refused where an I/O manager depends on it
    def opened(context: InitResourceContext) -> Iterator[Services]:
        with lock:
            services = in_use[0] if in_use else open_services(settings, create=context.run is not None)
            in_use.append(services)
        try:
            yield services
        finally:
            with lock:
                in_use.pop()
                if not in_use:
                    services.close()

    return ResourceDefinition(opened, description="Database, object store, candle source, registry.")


def worker_per_run(settings: Settings) -> ResourceDefinition:
    """A session for each Dagster run: what a run worker uses."""

    def opened(context: InitResourceContext) -> Iterator[Worker]:
        services: Services = getattr(context.resources, SERVICES)
        instance, run = context.instance, context.run
        if instance is None or run is None:
            raise DagsterInvariantViolationError("a worker is only opened for a run; to read, use the I/O managers")
        require_disk_space(settings)
        notice = build_preemption_monitor(settings.interruption)
        age_seconds = _seconds_since_launch(instance, run.run_id, services.clock)
        with open_worker(services, notice, run_id=run.run_id, age_seconds=age_seconds) as worker:
            instance.add_run_tags(run.run_id, _tags_at_start(run, worker))
            _write_request(run, worker)
            worker.by_hand = run.tags.get("asked_by", _UI) not in (NIGHTLY, RESUME)
            try:
                yield worker
            finally:
                tag_interrupted(instance, run.run_id, worker)

    return ResourceDefinition(
        opened, required_resource_keys={SERVICES}, description="The services in an open session, with its heartbeat."
    )


def _seconds_since_launch(instance: DagsterInstance, run_id: str, clock: Clock) -> float:
    """For how long the run's worker has been starting up; 0 where no launcher started one."""
    launched_at = instance.get_run_stats(run_id).launch_time
    return max(0.0, clock.now().timestamp() - launched_at) if launched_at else 0.0


def _tags_at_start(run: DagsterRun, worker: Worker) -> dict[str, str]:
    """Who works on what; a relaunched run inherits all tags, but not the interruptions of the one before."""
    coins = coins_of(run, resolve_universe(worker.services.settings))
    days = days_of(run.tags)
    inherited = {name: "no" for name in (INTERRUPTED, RESUMED) if name in run.tags}
    return {**(work_tags(days, coins, worker) if days else {}), **inherited}


def _write_request(run: DagsterRun, worker: Worker) -> None:
    """Writes down what the run requests, so that what is left of it after a kill is requested again.

    The resume sensor's own runs request nothing new. The schedule requests every night from its first on.
    """
    days, asked_by = days_of(run.tags), run.tags.get("asked_by", _UI)
    requests = worker.services.requests
    if not days or asked_by in (RESUME, REPORT_SENSOR):
        return
    if asked_by == NIGHTLY:
        stored = requests.within(days[0], days[0])
        if not any(request.last_day is None and request.asked_by == NIGHTLY for request in stored):
            requests.ask(days[0], None, None, NIGHTLY)
        return
    requests.ask(days[0], days[-1], _selected(run, worker) or None, asked_by, run.root_run_id or run.run_id)


def _selected(run: DagsterRun, worker: Worker) -> list[str]:
    """The coins whose assets the run makes, in the order of the universe; empty: all of them."""
    universe = resolve_universe(worker.services.settings)
    chosen = coins_of(run, universe)
    return [] if len(chosen) == len(universe) else chosen


def worker_of(worker: Worker) -> ResourceDefinition:
    """The session of this process: what the command line uses for all of its runs."""
    return ResourceDefinition.hardcoded_resource(worker, description="The command line's own session.")


def services_of_worker(worker: Worker) -> ResourceDefinition:
    """The services of an open session."""
    return ResourceDefinition.hardcoded_resource(
        worker.services, description="The services of the command line's session."
    )

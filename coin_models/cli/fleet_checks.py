"""The checks of `doctor` that need a fleet: its broker, what waits in its queues, and which code its workers run."""

from collections.abc import Iterator, Mapping, Sequence

from coin_models.clock import SystemClock
from coin_models.db.database_clock import database_clock
from coin_models.diagnostics.findings import Finding, Level
from coin_models.diagnostics.resource_checks import has_tables
from coin_models.diagnostics.storage_checks import quick_database
from coin_models.operations.workers import ControlPlane, FleetWorker, WorkerBook
from coin_models.registry.fingerprint import training_code_version
from coin_models.settings.fleet import ANY_QUEUE
from coin_models.settings.root import Settings


def fleet_findings(settings: Settings) -> Iterator[Finding]:
    """Nothing where the settings name no broker.

    Raises:
        BrokerUnavailable: it does not answer.
        DatabaseError: the workers cannot be read.
    """
    if settings.fleet.broker_url is None:
        return
    database = quick_database(settings)
    if database is None or not has_tables(database):
        workers: list[FleetWorker] = []
        control = None
    else:
        clock = database_clock(database, SystemClock())
        book = WorkerBook(database, clock, lease_seconds=settings.operations.lease_seconds)
        workers, control = book.live(), book.control()
    yield check_workers(workers, control, training_code_version())
    yield _check_broker(settings, sorted({ANY_QUEUE, *(queue for worker in workers for queue in worker.queues)}))


def _check_broker(settings: Settings, queues: Sequence[str]) -> Finding:
    try:
        from coin_models.defs.fleet.broker import broker_of, queue_depths
    except ModuleNotFoundError as error:
        return Finding(
            name="broker",
            level=Level.ERROR,
            text=f"fleet.broker_url is set, and {error.name} is not installed",
            advice="pip install 'coin_models[fleet]', or unset fleet.broker_url to run on one machine",
        )
    return check_queues(broker_of(settings.fleet), queue_depths(settings.fleet, queues))


def check_queues(address: str, depths: Mapping[str, int]) -> Finding:
    """The broker answers; how many runs wait in each queue."""
    waiting = ", ".join(f"{name} {depth}" for name, depth in depths.items())
    return Finding(name="broker", text=f"{address} answers; runs that wait for a worker: {waiting}")


def check_workers(workers: Sequence[FleetWorker], control: ControlPlane | None, code_version: str) -> Finding:
    """There are workers and a control plane, all with this machine's code."""
    if control is None:
        return _warning(
            f"{len(workers)} live, and no control plane: no runs are made",
            "start `coin-models ui` or the daemon on the control machine (docs/deploy.md)",
        )
    other = [
        f"{worker.machine} {worker.code_version[:12]}" for worker in workers if worker.code_version != code_version
    ]
    if control.code_version != code_version:
        other.insert(0, f"the control plane on {control.machine} {control.code_version[:12]}")
    if other:
        return _warning(
            f"this machine's training code is {code_version[:12]}; other code: {', '.join(other)}",
            "install the same version of coin_models on all machines of the fleet",
        )
    if not workers:
        return _warning("no live worker: runs wait", "start `coin-models worker` on a machine that trains")
    num_idle = sum(worker.is_idle for worker in workers)
    return Finding(
        name="workers", text=f"{len(workers)} live, {num_idle} idle, all with training code {code_version[:12]}"
    )


def _warning(text: str, advice: str) -> Finding:
    return Finding(name="workers", level=Level.WARNING, text=text, advice=advice)

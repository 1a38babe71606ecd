"""`coin-models worker`: takes runs from the broker, one at a time, each in a child process.

The child is forked before torch is imported (CUDA does not survive a fork). Celery's warm shutdown would wait for the
child, which hears nothing of it; here SIGTERM is passed on, so that the fit saves and ends.
"""

import logging
import os
import signal
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from celery import Celery
from celery.exceptions import SecurityWarning
from celery.signals import worker_process_init, worker_shutting_down
from celery.worker import state
from dagster_celery.tasks import create_execute_job_task

from coin_models.defs.fleet.broker import broker_of, require_broker
from coin_models.defs.fleet.joining import other_code, require_fit_to_join
from coin_models.defs.fleet.launcher import FleetRunLauncher
from coin_models.defs.instance.home import dagster_home, open_instance
from coin_models.errors import BrokerUnavailable, UsageError, WorkerRefused
from coin_models.operations.heartbeat import Heartbeat
from coin_models.operations.workers import WorkerBook
from coin_models.pipeline.services import Services
from coin_models.registry.fingerprint import training_code_version
from coin_models.settings.fleet import FleetSettings

logger = logging.getLogger(__name__)


def run_worker(services: Services, *, queues: Sequence[str], idle_minutes: float | None) -> int:
    """Works until SIGTERM, or until it has been idle for `idle_minutes`; returns the exit code.

    Raises:
        UsageError: the settings name no broker.
        BrokerUnavailable: it does not answer at the start, or has been silent for `fleet.broker_wait_seconds`.
        WorkerRefused: this machine's code or clock is not the fleet's.
    """
    fleet, code_version = services.settings.fleet, training_code_version(services.settings.training.plugins)
    require_broker(fleet)
    app = _celery_app(services)
    require_fit_to_join(services, code_version)
    os.environ["DAGSTER_HOME"] = str(dagster_home(services.settings))  # where the child finds the instance
    create_execute_job_task(app)
    # In a pod root is the only user. The warning is about pickle, which is not accepted here.
    warnings.simplefilter("ignore", SecurityWarning)
    worker_process_init.connect(_forget_connections_of(services), weak=False)
    with _announced(services, queues, code_version) as worker_id:
        watch = Watch(
            fleet=fleet,
            book=services.workers,
            worker_id=worker_id,
            code_version=code_version,
            idle_seconds=None if idle_minutes is None else idle_minutes * 60,
        )
        worker_shutting_down.connect(_pass_on_the_signal, weak=False)
        with Heartbeat(watch, interval_seconds=services.settings.operations.heartbeat_seconds):
            celery_worker = app.Worker(
                hostname=f"{worker_id[:8]}@%h", queues=list(queues), concurrency=1, loglevel="WARNING", quiet=True
            )
            celery_worker.start()
    if watch.broker_is_lost:
        raise BrokerUnavailable(
            f"the broker {broker_of(fleet)} has not answered for {fleet.broker_wait_seconds:.0f} s; this worker ends. "
            "Start it again once the broker answers"
        )
    if watch.refusal is not None:
        raise WorkerRefused(watch.refusal)
    return int(celery_worker.exitcode or 0)


def _celery_app(services: Services) -> Celery:
    with open_instance(services.settings) as instance:
        launcher = instance.run_launcher
        if not isinstance(launcher, FleetRunLauncher):
            raise UsageError(
                f"the instance's run launcher is {type(launcher).__name__}, which gives no runs to workers"
            )
        return launcher.celery


@contextmanager
def _announced(services: Services, queues: Sequence[str], code_version: str) -> Iterator[str]:
    book, costs = services.workers, services.settings.costs
    worker_id = book.open(costs, queues=queues, code_version=code_version)
    try:
        yield worker_id
    finally:
        book.close(worker_id)


def _forget_connections_of(services: Services) -> Callable[..., None]:
    """What each child of the pool does first.

    The fork copies the parent's connections, and a lock of their pool that the heartbeat's thread may hold at that moment.
    The child gets an empty pool and leaves the sockets alone (SQLAlchemy, "Using Connection Pools with Multiprocessing");
    Celery's own signal reaches its children only, not every fork of this process.
    """

    def forget(**_how: object) -> None:
        services.database.engine.dispose(close=False)

    return forget


def _pass_on_the_signal(**_how: object) -> None:
    """To the child that works on a run: celery waits for its end."""
    for request in list(state.active_requests):
        if request.worker_pid is not None:
            os.kill(request.worker_pid, signal.SIGTERM)


@dataclass(slots=True, kw_only=True)
class Watch:
    """At each beat: says that this worker lives, and ends it where it has been idle, or without its broker, for too long.

    Where the control plane was upgraded, it ends as soon as it is idle.
    """

    fleet: FleetSettings
    book: WorkerBook
    worker_id: str
    code_version: str
    idle_seconds: float | None
    clock: Callable[[], float] = time.monotonic
    broker_is_lost: bool = False
    refusal: str | None = None  # why it no longer fits the fleet
    _busy_at: float = field(init=False)
    _answered_at: float = field(init=False)

    def __post_init__(self) -> None:
        self._busy_at = self._answered_at = self.clock()

    def __call__(self) -> None:
        """One beat."""
        task_id = next((request.id for request in list(state.active_requests)), None)
        now = self.clock()
        if task_id is not None:
            self._busy_at = now
        if self._answers():
            self._answered_at = now
        self.broker_is_lost = task_id is None and now - self._answered_at > self.fleet.broker_wait_seconds
        is_idle = self.idle_seconds is not None and now - self._busy_at > self.idle_seconds
        if task_id is None:
            self.refusal = other_code(self.book.control(), self.code_version)
        if self.broker_is_lost or is_idle or self.refusal is not None:
            why = "its broker does not answer" if self.broker_is_lost else self.refusal or "no work"
            logger.warning("worker ends: %s", why)
            os.kill(os.getpid(), signal.SIGTERM)
        self.book.beat(self.worker_id, task_id)

    def _answers(self) -> bool:
        try:
            require_broker(self.fleet)
        except BrokerUnavailable:
            return False
        return True

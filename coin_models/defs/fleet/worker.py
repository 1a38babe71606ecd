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
from typing import Final

from celery import Celery
from celery.exceptions import SecurityWarning
from celery.signals import worker_process_init, worker_shutting_down
from celery.worker import state
from dagster_celery.tasks import create_execute_job_task
from kombu.exceptions import OperationalError

from coin_models.defs.fleet.launcher import FleetRunLauncher
from coin_models.defs.instance.home import dagster_home, open_instance
from coin_models.errors import BrokerUnavailable, UsageError
from coin_models.operations.heartbeat import Heartbeat
from coin_models.operations.workers import WorkerBook
from coin_models.pipeline.services import Services
from coin_models.registry.fingerprint import training_code_version

logger = logging.getLogger(__name__)

_CONNECT_SECONDS: Final = 5.0


def run_worker(services: Services, *, queues: Sequence[str], idle_minutes: float | None) -> int:
    """Works until SIGTERM, or until it has been idle for `idle_minutes`; returns the exit code.

    Raises:
        UsageError: the settings name no broker.
        BrokerUnavailable: it does not answer at the start, or has been silent for `fleet.broker_wait_seconds`.
    """
    app = _celery_app(services)
    require_broker(app)
    os.environ["DAGSTER_HOME"] = str(dagster_home(services.settings))  # where the child finds the instance
    create_execute_job_task(app)
    # In a pod root is the only user. The warning is about pickle, which is not accepted here.
    warnings.simplefilter("ignore", SecurityWarning)
    worker_process_init.connect(_forget_connections_of(services), weak=False)
    with _announced(services, queues) as worker_id:
        watch = Watch(
            app=app,
            book=services.workers,
            worker_id=worker_id,
            idle_seconds=None if idle_minutes is None else idle_minutes * 60,
            broker_seconds=services.settings.fleet.broker_wait_seconds,
        )
        worker_shutting_down.connect(_pass_on_the_signal, weak=False)
        with Heartbeat(watch, interval_seconds=services.settings.operations.heartbeat_seconds):
            celery_worker = app.Worker(
                hostname=f"{worker_id[:8]}@%h", queues=list(queues), concurrency=1, loglevel="WARNING", quiet=True
            )
            celery_worker.start()
    if watch.broker_is_lost:
        raise BrokerUnavailable(
            f"the broker {broker_of(app)} has not answered for {watch.broker_seconds:.0f} s; this worker ends. "
            "Start it again once the broker answers"
        )
    return int(celery_worker.exitcode or 0)


def require_broker(app: Celery) -> None:
    """Raises BrokerUnavailable, with its words, where it does not answer."""
    try:
        with app.connection_for_write(connect_timeout=_CONNECT_SECONDS) as connection:
            connection.ensure_connection(max_retries=1, timeout=_CONNECT_SECONDS)
    except OperationalError as error:
        raise BrokerUnavailable(
            f"the broker {broker_of(app)} does not answer: {error}; check fleet.broker_url, and that this machine may reach it"
        ) from None


def broker_of(app: Celery) -> str:
    """Its address, without the password."""
    with app.connection_for_write() as connection:
        return f"{connection.hostname}:{connection.port}"


def _celery_app(services: Services) -> Celery:
    if services.settings.fleet.broker_url is None:
        raise UsageError(
            "a worker needs the broker of its fleet: set COIN_MODELS_FLEET_BROKER_URL (`coin-models stack up --fleet` starts one)"
        )
    with open_instance(services.settings) as instance:
        launcher = instance.run_launcher
        if not isinstance(launcher, FleetRunLauncher):
            raise UsageError(
                f"the instance's run launcher is {type(launcher).__name__}, which gives no runs to workers"
            )
        return launcher.celery


@contextmanager
def _announced(services: Services, queues: Sequence[str]) -> Iterator[str]:
    book, costs = services.workers, services.settings.costs
    worker_id = book.open(costs, queues=queues, code_version=training_code_version())
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
    """At each beat: says that this worker lives, and ends it where it has been idle, or without its broker, for too long."""

    app: Celery
    book: WorkerBook
    worker_id: str
    idle_seconds: float | None
    broker_seconds: float
    clock: Callable[[], float] = time.monotonic
    broker_is_lost: bool = False
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
        self.broker_is_lost = task_id is None and now - self._answered_at > self.broker_seconds
        is_idle = self.idle_seconds is not None and now - self._busy_at > self.idle_seconds
        if self.broker_is_lost or is_idle:
            logger.warning("worker ends: %s", "its broker does not answer" if self.broker_is_lost else "no work")
            os.kill(os.getpid(), signal.SIGTERM)
        self.book.beat(self.worker_id, task_id)

    def _answers(self) -> bool:
        try:
            require_broker(self.app)
        except BrokerUnavailable:
            return False
        return True

"""The workers of a fleet: the machines that take runs from the broker, and which of them are alive.

Not the sessions: a worker that waits for work has none.
"""

import platform
import socket
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, case, delete, insert, select, update

from coin_models.db.database_clock import DatabaseClock
from coin_models.db.engine import Database
from coin_models.db.schema import control_plane, workers
from coin_models.db.upsert import insert_for
from coin_models.settings.costs import CostSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetWorker:
    """A live worker."""

    worker_id: str
    machine: str
    device: str
    queues: tuple[str, ...]
    provider: str
    market: str
    price_usd_per_hour: float
    code_version: str
    task_id: str | None  # of the message that it works on
    task_since: datetime  # since when it works on it, or is idle
    started_at: datetime

    @property
    def is_idle(self) -> bool:
        """Whether it waits for a run."""
        return self.task_id is None


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlPlane:
    """The machine whose daemon makes the runs."""

    machine: str
    code_version: str


class WorkerBook:
    """The tables of workers and of the control plane. All times are the database's, as those of leases."""

    def __init__(self, database: Database, clock: DatabaseClock, *, lease_seconds: float) -> None:
        self._database = database
        self._clock = clock
        self._lifetime = timedelta(seconds=lease_seconds)

    def open(self, costs: CostSettings, *, queues: Sequence[str], code_version: str) -> str:
        """Announces a worker of this machine, idle; returns its id."""
        worker_id = uuid.uuid4().hex
        with self._database.begin() as connection:
            connection.execute(
                insert(workers).values(
                    id=worker_id,
                    machine=socket.gethostname(),
                    device=costs.gpu or platform.machine(),
                    queues=",".join(queues),
                    provider=costs.provider,
                    market=costs.market,
                    price_usd_per_hour=costs.price_usd_per_hour,
                    code_version=code_version,
                    task_since=self._clock.now(),
                    started_at=self._clock.now(),
                    expires_at=self._clock.now(self._lifetime),
                )
            )
        return worker_id

    def beat(self, worker_id: str, task_id: str | None) -> None:
        """Says that the worker is alive, and which message it works on; one that was silent for too long is alive again."""
        is_new = workers.c.task_id.is_distinct_from(task_id)
        values = {
            "task_id": task_id,
            "task_since": case((is_new, self._clock.now()), else_=workers.c.task_since),
            "expires_at": self._clock.now(self._lifetime),
        }
        statement = update(workers).where(workers.c.id == worker_id).values(values)
        self._database.transact(lambda connection: connection.execute(statement))

    def close(self, worker_id: str) -> None:
        """Takes the worker off the list, and with it those that died more than a day ago."""
        is_old = workers.c.expires_at < self._clock.now(-timedelta(days=1))
        statement = delete(workers).where((workers.c.id == worker_id) | is_old)
        self._database.transact(lambda connection: connection.execute(statement))

    def live(self) -> list[FleetWorker]:
        """The workers that are alive, the oldest first."""
        query = select(workers).where(workers.c.expires_at > self._clock.now()).order_by(workers.c.started_at)
        with self._database.read() as connection:
            return [
                FleetWorker(
                    worker_id=row.id,
                    machine=row.machine,
                    device=row.device,
                    queues=tuple(row.queues.split(",")),
                    provider=row.provider,
                    market=row.market,
                    price_usd_per_hour=row.price_usd_per_hour,
                    code_version=row.code_version,
                    task_id=row.task_id,
                    task_since=row.task_since or row.started_at,
                    started_at=row.started_at,
                )
                for row in connection.execute(query)
            ]

    def announce_control(self, code_version: str) -> None:
        """Says which code makes the runs: each tick of the control plane's reaper."""
        values = {
            "machine": socket.gethostname(),
            "code_version": code_version,
            "expires_at": self._clock.now(self._lifetime),
        }

        def work(connection: Connection) -> None:
            row = insert_for(connection, control_plane).values(id=1, **values)
            connection.execute(row.on_conflict_do_update(index_elements=["id"], set_=values))

        self._database.transact(work)

    def control(self) -> ControlPlane | None:
        """The control plane, where it is alive."""
        query = select(control_plane).where(control_plane.c.expires_at > self._clock.now())
        with self._database.read() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else ControlPlane(machine=row.machine, code_version=row.code_version)

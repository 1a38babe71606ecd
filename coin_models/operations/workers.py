"""The workers of a fleet: the machines that take runs from the broker, and which of them are alive.

Not the sessions: a worker that waits for work has none.
"""

import platform
import socket
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, insert, select, update

from coin_models.db.database_clock import DatabaseClock
from coin_models.db.engine import Database
from coin_models.db.schema import workers
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
    started_at: datetime

    @property
    def is_idle(self) -> bool:
        """Whether it waits for a run."""
        return self.task_id is None


class WorkerBook:
    """The table of workers. All times are the database's, as those of leases."""

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
                    started_at=self._clock.now(),
                    expires_at=self._clock.now(self._lifetime),
                )
            )
        return worker_id

    def beat(self, worker_id: str, task_id: str | None) -> None:
        """Says that the worker is alive, and which message it works on; one that was silent for too long is alive again."""
        values = {"task_id": task_id, "expires_at": self._clock.now(self._lifetime)}
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
                    started_at=row.started_at,
                )
                for row in connection.execute(query)
            ]

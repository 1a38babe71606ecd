"""Leases: which session may publish which coin-day, and until when.

The fencing token is checked at the commit, in db/lease.py.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Connection, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from coin_models.clock import Clock
from coin_models.db.engine import Database
from coin_models.db.lease import LeaseToken
from coin_models.db.schema import leases

_CHUNK = 500  # bound parameters per statement; SQLite allows 32,766, PostgreSQL 65,535


def coin_day_lease(coin: str, day: date) -> str:
    """Name of the lease on one coin-day."""
    return f"model/{coin}/{day.isoformat()}"


def run_lease(run_id: str) -> str:
    """Name of the lease that says a Dagster run's worker is alive."""
    return f"run/{run_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunLease:
    """The lease of a Dagster run, live or not."""

    ends_at: datetime
    was_released: bool  # given back in good order


class LeaseBook:
    """The table of leases; each acquisition of a name raises its fencing token."""

    def __init__(self, database: Database, clock: Clock, *, lease_seconds: float) -> None:
        self._database = database
        self._clock = clock
        self._lifetime = timedelta(seconds=lease_seconds)

    def acquire(
        self, names: Sequence[str], session_id: str, *, run_id: str | None = None, lifetime: timedelta | None = None
    ) -> dict[str, LeaseToken]:
        """Takes those of the leases that are free, expired or already this session's; says which it got.

        A `lifetime` other than the usual one is for a turn that is taken once and neither renewed nor given back.
        """

        def work(connection: Connection) -> dict[str, LeaseToken]:
            now = self._clock.now()
            until = now + (lifetime or self._lifetime)
            held = self._locked(connection, names)
            won: dict[str, LeaseToken] = {}
            for name in sorted(names):  # the same order in every process: no deadlock
                token = self._take(connection, name, held.get(name), session_id, run_id, now, until)
                if token is not None:
                    won[name] = token
            return won

        return self._database.transact(work)

    def renew(self, session_id: str) -> int:
        """Extends every lease of the session that has not run out; returns how many it still holds."""
        with self._database.begin() as connection:
            now = self._clock.now()
            result = connection.execute(
                update(leases)
                .where(leases.c.session_id == session_id, leases.c.expires_at > now)
                .values(expires_at=now + self._lifetime)
            )
            return result.rowcount

    def release(self, tokens: Iterable[LeaseToken]) -> None:
        """Gives leases back; one that was lost meanwhile is left to its new holder."""
        with self._database.begin() as connection:
            for held in tokens:
                # Expired, not deleted: the token must continue growing, or a sleeper's old one could be valid again.
                connection.execute(
                    update(leases)
                    .where(leases.c.name == held.name, leases.c.token == held.token)
                    .values(expires_at=self._clock.now(), dagster_run_id=None)
                )

    def release_all(self, session_id: str) -> None:
        """Gives back whatever the session still holds."""
        with self._database.begin() as connection:
            now = self._clock.now()
            connection.execute(
                update(leases)
                .where(leases.c.session_id == session_id, leases.c.expires_at > now)
                .values(expires_at=now, dagster_run_id=None)
            )

    def expire(self, session_ids: Sequence[str]) -> None:
        """Ends the leases of sessions that are known to be dead, before their time."""
        with self._database.begin() as connection:
            now = self._clock.now()
            for session_id in session_ids:
                connection.execute(
                    update(leases)
                    .where(leases.c.session_id == session_id, leases.c.expires_at > now)
                    .values(expires_at=now)
                )

    def runs(self, run_ids: Sequence[str]) -> dict[str, RunLease]:
        """The lease of each of these Dagster runs; runs that never had one are left out."""
        names = {run_lease(run_id): run_id for run_id in run_ids}
        query = select(leases.c.name, leases.c.expires_at, leases.c.dagster_run_id)
        with self._database.read() as connection:
            rows = [
                row
                for start in range(0, len(names), _CHUNK)
                for row in connection.execute(query.where(leases.c.name.in_(list(names)[start : start + _CHUNK])))
            ]
        return {
            names[row.name]: RunLease(ends_at=row.expires_at, was_released=row.dagster_run_id is None) for row in rows
        }

    def sweep(self, older_than: timedelta) -> int:
        """Deletes leases that ran out that long ago; by then no sleeper can come back with their token."""
        with self._database.begin() as connection:
            return connection.execute(
                delete(leases).where(leases.c.expires_at < self._clock.now() - older_than)
            ).rowcount

    def _locked(self, connection: Connection, names: Sequence[str]) -> dict[str, "_Row"]:
        found: dict[str, _Row] = {}
        for start in range(0, len(names), _CHUNK):
            query = (
                select(leases.c.name, leases.c.session_id, leases.c.token, leases.c.expires_at)
                .where(leases.c.name.in_(names[start : start + _CHUNK]))
                .order_by(leases.c.name)
                .with_for_update()
            )
            found |= {row.name: _Row(row.session_id, row.token, row.expires_at) for row in connection.execute(query)}
        return found

    def _take(
        self,
        connection: Connection,
        name: str,
        held: "_Row | None",
        session_id: str,
        run_id: str | None,
        now: datetime,
        until: datetime,
    ) -> LeaseToken | None:
        values = {"session_id": session_id, "acquired_at": now, "expires_at": until, "dagster_run_id": run_id}
        if held is None:
            try:
                with connection.begin_nested():
                    connection.execute(insert(leases).values(name=name, token=1, **values))
            except IntegrityError:  # another session was quicker
                return None
            return LeaseToken(name=name, session_id=session_id, token=1)
        if held.session_id != session_id and held.expires_at > now:
            return None
        connection.execute(update(leases).where(leases.c.name == name).values(token=held.token + 1, **values))
        return LeaseToken(name=name, session_id=session_id, token=held.token + 1)


@dataclass(frozen=True, slots=True)
class _Row:
    session_id: str
    token: int
    expires_at: datetime

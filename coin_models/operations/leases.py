"""Leases: which session may publish which coin-day, and until when.

A lease that ran out is free to be taken; until another session takes it, its holder renews it as if nothing had
happened. The fencing token is checked at the commit, in db/lease.py.
"""

import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from typing import Final

from sqlalchemy import ColumnElement, Connection, Select, collate, delete, or_, select, update

from coin_models.db.database_clock import DatabaseClock
from coin_models.db.engine import Database
from coin_models.db.lease import LeaseToken
from coin_models.db.schema import leases, sessions
from coin_models.db.upsert import insert_for

_CHUNK = 500  # rows per statement; SQLite allows 32,766 bound parameters, PostgreSQL 65,535
_STRAIGHT_AWAY = timedelta()
_NO_SESSION = ""  # holds a lease that was given back, or that was taken from a session believed dead


def coin_day_lease(coin: str, day: date) -> str:
    """Name of the lease on one coin-day."""
    return f"model/{coin}/{day.isoformat()}"


def run_lease(run_id: str) -> str:
    """Name of the lease that says a Dagster run's worker is alive."""
    return f"run/{run_id}"


def start_lease(run_id: str) -> str:
    """Name of the turn for as long as a Dagster run's worker may take to start, from when the reaper first saw the run."""
    return f"start/{run_id}"


def submit_lease(run_id: str) -> str:
    """Name of the turn for as long as a Dagster run may take from its creation to the queue; its start has another one."""
    return f"submit/{run_id}"


WATCH: Final = "watch/sessions"
"""Name of the turn that lasts while one look at the sessions follows the other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseState:
    """A lease, live or not."""

    ends_at: datetime
    ended_ago: timedelta  # by the database's clock; negative while it is live
    was_released: bool  # given back in good order

    @property
    def is_live(self) -> bool:
        """Whether it has not run out."""
        return self.ended_ago < _STRAIGHT_AWAY


class LeaseBook:
    """The table of leases, and which of them this process holds; each acquisition of a name raises its fencing token.

    Every transaction locks its rows in the order of their names (of their bytes: the same in Python and in the
    database), so that no two of them wait for each other.
    """

    def __init__(self, database: Database, clock: DatabaseClock, *, lease_seconds: float) -> None:
        self._database = database
        self._clock = clock
        self._lifetime = timedelta(seconds=lease_seconds)
        self._held: set[LeaseToken] = set()
        self._lock = threading.Lock()  # the heartbeat renews while the fit acquires and releases

    def acquire(
        self, names: Sequence[str], session_id: str, *, run_id: str | None = None, lifetime: timedelta | None = None
    ) -> dict[str, LeaseToken]:
        """Takes those of the leases that are free, expired or already this session's; says which it got.

        A `lifetime` other than the usual one is for a turn that is taken once and neither renewed nor given back.
        """
        ordered = sorted(set(names))

        def work(connection: Connection) -> dict[str, LeaseToken]:
            won: dict[str, int] = {}
            for start in range(0, len(ordered), _CHUNK):
                chunk = ordered[start : start + _CHUNK]
                won |= self._take(connection, chunk, session_id, run_id, lifetime or self._lifetime)
            return {
                name: LeaseToken(name=name, session_id=session_id, token=won[name]) for name in ordered if name in won
            }

        tokens = self._database.transact(work)
        if lifetime is None:
            with self._lock:
                before = {(token.name, token.session_id) for token in tokens.values()}
                self._held = {token for token in self._held if (token.name, token.session_id) not in before}
                self._held.update(tokens.values())
        return tokens

    def renew(self, session_id: str) -> list[LeaseToken]:
        """Extends every lease that the session holds, one that ran out too; returns those that others have now."""
        with self._lock:
            held = {token.name: token for token in self._held if token.session_id == session_id}

        def work(connection: Connection) -> set[str]:
            mine = self._locked(connection, _in_chunks(held))
            kept = {name for name, row in mine.items() if row == (session_id, held[name].token)}
            self._end(connection, kept, later=self._lifetime)
            return kept

        kept = self._database.transact(work) if held else set()
        with self._lock:  # what was given back meanwhile was not lost
            lost = [token for name, token in held.items() if name not in kept and token in self._held]
            self._held.difference_update(lost)
        return lost

    def holds(self, tokens: Iterable[LeaseToken]) -> bool:
        """Whether, as of the last renewal, this process holds all of these."""
        with self._lock:
            return self._held.issuperset(tokens)

    def release(self, tokens: Iterable[LeaseToken]) -> None:
        """Gives leases back; one that was lost meanwhile is left to its new holder."""
        given = {token.name: token for token in tokens}
        with self._lock:
            self._held.difference_update(given.values())

        def work(connection: Connection) -> None:
            rows = self._locked(connection, _in_chunks(given))
            mine = {name for name, row in rows.items() if row == (given[name].session_id, given[name].token)}
            self._end(connection, mine, session_id=_NO_SESSION, dagster_run_id=None)

        if given:
            self._database.transact(work)

    def release_all(self, session_id: str) -> None:
        """Gives back whatever the session still holds."""
        with self._lock:
            self._held = {token for token in self._held if token.session_id != session_id}

        def work(connection: Connection) -> None:
            rows = self._locked(connection, [leases.c.session_id == session_id])
            self._end(connection, rows, session_id=_NO_SESSION, dagster_run_id=None)

        self._database.transact(work)

    def expire(self, session_ids: Sequence[str], *, last_heard: Mapping[str, datetime] | None = None) -> None:
        """Ends the leases of sessions that are believed dead, before their time; should one be alive, it has lost them.

        Args:
            session_ids: the sessions.
            last_heard: the newest heartbeat that the caller saw of each; one with a newer heartbeat keeps its leases.
        """
        if not session_ids:
            return

        def work(connection: Connection) -> None:
            silent = session_ids if last_heard is None else _still_silent(connection, last_heard)
            rows = self._locked(connection, [leases.c.session_id.in_(silent)])
            self._end(connection, rows, session_id=_NO_SESSION)

        self._database.transact(work)

    def watched_for(self, name: str, holder: str, *, most_between: timedelta) -> timedelta:
        """Counts this look, and says since when one has followed the other, with at most so much time between two.

        The time is the database's, and a look that it did not answer is none: over that time it was there for others too.
        """

        def work(connection: Connection) -> timedelta:
            now = self._clock.now()
            extended = update(leases).where(leases.c.name == name, leases.c.expires_at > now)
            if not connection.execute(extended.values(expires_at=self._clock.now(most_between))).rowcount:
                self._take(connection, [name], holder, None, most_between)
            since = select(leases.c.acquired_at, now.label("now")).where(leases.c.name == name)
            row = connection.execute(since).one()
            watched: timedelta = row.now - row.acquired_at
            return watched

        return self._database.transact(work)

    def states(self, names: Sequence[str]) -> dict[str, LeaseState]:
        """How each of these leases is; those that were never taken are left out."""
        now = self._clock.now()
        columns = (leases.c.name, leases.c.expires_at, leases.c.dagster_run_id, now.label("now"))
        with self._database.read() as connection:
            rows = [row for named in _in_chunks(names) for row in connection.execute(select(*columns).where(named))]
        return {
            row.name: LeaseState(
                ends_at=row.expires_at, ended_ago=row.now - row.expires_at, was_released=row.dagster_run_id is None
            )
            for row in rows
        }

    def sweep(self, older_than: timedelta) -> int:
        """Deletes leases that ran out that long ago; by then no sleeper can come back with their token."""

        def work(connection: Connection) -> int:
            rows = self._locked(connection, [leases.c.expires_at < self._clock.now(-older_than)])
            return sum(connection.execute(delete(leases).where(named)).rowcount for named in _in_chunks(rows))

        return self._database.transact(work)

    def _locked(self, connection: Connection, which: Iterable[ColumnElement[bool]]) -> dict[str, tuple[str, int]]:
        """Session and token of each of these leases, whose rows are locked, in the order of their names."""
        query = _in_order(connection.dialect.name)
        return {
            row.name: (row.session_id, row.token)
            for condition in which
            for row in connection.execute(query.where(condition))
        }

    def _end(
        self, connection: Connection, names: Iterable[str], *, later: timedelta = _STRAIGHT_AWAY, **values: object
    ) -> None:
        """Moves the end of locked leases."""
        for named in _in_chunks(names):
            connection.execute(update(leases).where(named).values(expires_at=self._clock.now(later), **values))

    def _take(
        self, connection: Connection, names: Sequence[str], session_id: str, run_id: str | None, lifetime: timedelta
    ) -> dict[str, int]:
        """One statement, which locks row after row; the time is that after each wait."""
        held = {
            "session_id": session_id,
            "acquired_at": self._clock.now(),
            "expires_at": self._clock.now(lifetime),
            "dagster_run_id": run_id,
        }
        rows = [{"name": name, "token": 1, **held} for name in names]
        values = rows[0] if len(rows) == 1 else rows  # SQLAlchemy keeps the text of a statement with a single row
        statement = insert_for(connection, leases).values(values)
        taken = statement.on_conflict_do_update(
            index_elements=["name"],
            set_={**held, "token": leases.c.token + 1},
            where=or_(leases.c.session_id == session_id, leases.c.expires_at <= self._clock.now()),
        )
        got = connection.execute(taken.returning(leases.c.name, leases.c.token))
        return {row.name: row.token for row in got}


@cache
def _in_order(dialect: str) -> Select[tuple[str, str, int]]:
    name = leases.c.name
    order = name if dialect == "sqlite" else collate(name, "C")
    return select(name, leases.c.session_id, leases.c.token).order_by(order).with_for_update()


def _still_silent(connection: Connection, last_heard: Mapping[str, datetime]) -> list[str]:
    """The sessions without a newer heartbeat; none of them can beat before this transaction ends."""
    columns = (sessions.c.id, sessions.c.heartbeat_at)
    query = select(*columns).where(sessions.c.id.in_(list(last_heard))).order_by(sessions.c.id).with_for_update()
    return [row.id for row in connection.execute(query) if row.heartbeat_at == last_heard[row.id]]


def _in_chunks(names: Iterable[str]) -> Iterable[ColumnElement[bool]]:
    ordered = sorted(names)
    return [leases.c.name.in_(ordered[start : start + _CHUNK]) for start in range(0, len(ordered), _CHUNK)]

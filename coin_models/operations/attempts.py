"""Attempts: the rows of every try at a coin-day, with its outcome."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType

from sqlalchemy import Connection, Row, bindparam, func, insert, select, update

from coin_models.db.database_clock import DatabaseClock
from coin_models.db.engine import Database
from coin_models.db.schema import attempts, sessions
from coin_models.operations.retry import Tries
from coin_models.operations.tries import TriedVersion, tries_between

CoinDay = tuple[str, date]


class Outcome(StrEnum):
    """How an attempt ended."""

    RUNNING = "running"
    DONE = "done"
    REUSED = "reused"
    SKIPPED = "skipped"  # a stated rule says that this coin is not trained on this day
    FAILED = "failed"  # an error of the coin
    INTERRUPTED = "interrupted"  # signal, notice, lost lease or Ctrl-C
    UNAVAILABLE = "unavailable"  # an error of a place: source, store, database, network, machine


class AttemptAction(StrEnum):
    """What an attempt did."""

    TRAINED = "trained"
    RESUMED = "resumed"
    REUSED = "reused"
    SKIPPED = "skipped"
    FAILED = "failed"
    UNAVAILABLE = "unavailable"


@dataclass(frozen=True, slots=True, kw_only=True)
class ComputeUsage:
    """Steps and seconds that an attempt took; the ledger's raw material."""

    steps_done: int = 0
    steps_redone: int = 0
    useful_seconds: float = 0.0
    redone_seconds: float = 0.0
    checkpoint_seconds: float = 0.0
    startup_seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One try at one coin-day."""

    attempt_id: int
    coin: str
    day: date
    session_id: str
    outcome: Outcome
    started_at: datetime
    ended_at: datetime | None = None
    action: AttemptAction | None = None
    reason: str | None = None
    usage: ComputeUsage = field(default_factory=ComputeUsage)
    released: bool = False  # by `coin-models unquarantine`: counts no more
    fingerprint: str | None = None  # of the version that was tried; None: unknown, or written by coin_models 0.1


NOTHING_KNOWN: Mapping[str, str] = MappingProxyType({})

_NEWEST_FACTOR = 4  # how many times more attempts than are requested are looked at first
_BETWEEN = select(attempts).where(attempts.c.day.between(bindparam("first"), bindparam("last"))).order_by(attempts.c.id)
_RUNNING = (
    select(attempts.c.coin, attempts.c.day, attempts.c.session_id)
    .where(attempts.c.outcome == Outcome.RUNNING.value)
    .where(attempts.c.day.between(bindparam("first"), bindparam("last")))
    .order_by(attempts.c.id)
)
_SESSIONS_LEFT_RUNNING = (
    select(sessions.c.id, sessions.c.ended_at)
    .where(attempts.c.outcome == Outcome.RUNNING.value, sessions.c.ended_at.is_not(None))
    .join_from(sessions, attempts)
    .distinct()
)


class AttemptLog:
    """The table of attempts."""

    def __init__(self, database: Database, clock: DatabaseClock) -> None:
        self._database = database
        self._clock = clock

    def begin(
        self,
        coins: Sequence[str],
        day: date,
        session_id: str,
        *,
        run_id: str | None = None,
        fingerprints: Mapping[str, str] = NOTHING_KNOWN,
    ) -> dict[str, int]:
        """Opens an attempt per coin, at the fingerprint that it tries to make; returns their ids."""
        rows = {
            coin: {
                "coin": coin,
                "day": day,
                "session_id": session_id,
                "dagster_run_id": run_id,
                "outcome": Outcome.RUNNING.value,
                "fingerprint": fingerprints.get(coin),
            }
            for coin in coins
        }
        statement = insert(attempts).values(started_at=self._clock.now()).returning(attempts.c.id)

        def work(connection: Connection) -> dict[str, int]:
            return {coin: int(connection.execute(statement, row).scalar_one()) for coin, row in rows.items()}

        return self._database.transact(work)

    def finish(
        self,
        attempt_id: int,
        outcome: Outcome,
        *,
        action: AttemptAction,
        reason: str | None = None,
        usage: ComputeUsage | None = None,
    ) -> None:
        """Closes an attempt; one that was closed already (a reaper was quicker) stays as it is."""
        usage = usage or ComputeUsage()
        with self._database.begin() as connection:
            connection.execute(
                update(attempts)
                .where(attempts.c.id == attempt_id, attempts.c.outcome == Outcome.RUNNING.value)
                .values(
                    outcome=outcome.value,
                    action=action.value,
                    reason=reason,
                    ended_at=self._clock.now(),
                    **{name: getattr(usage, name) for name in ComputeUsage.__slots__},
                )
            )

    def note(self, attempt_ids: Sequence[int], usage: ComputeUsage) -> None:
        """Writes what each of these attempts took so far, as long as it runs: should it be killed, this stays."""
        with self._database.begin() as connection:
            connection.execute(
                update(attempts)
                .where(attempts.c.id.in_(attempt_ids), attempts.c.outcome == Outcome.RUNNING.value)
                .values({name: getattr(usage, name) for name in ComputeUsage.__slots__})
            )

    def record(
        self,
        day: date,
        session_id: str,
        outcomes: Mapping[str, tuple[Outcome, AttemptAction, str | None]],
        *,
        run_id: str | None = None,
        fingerprints: Mapping[str, str] = NOTHING_KNOWN,
    ) -> None:
        """Writes attempts that were over as soon as they began: reused, skipped, failed on their candles."""
        rows = [
            {
                "coin": coin,
                "day": day,
                "session_id": session_id,
                "dagster_run_id": run_id,
                "outcome": outcome.value,
                "action": action.value,
                "reason": reason,
                "fingerprint": fingerprints.get(coin),
            }
            for coin, (outcome, action, reason) in outcomes.items()
        ]
        if rows:
            now = self._clock.now()
            with self._database.begin() as connection:
                connection.execute(insert(attempts).values(started_at=now, ended_at=now), rows)

    def close_running(self, session_ids: Sequence[str], *, ended_at: datetime, reason: str) -> list[Attempt]:
        """Marks the running attempts of dead sessions as interrupted; returns what they were."""
        running = attempts.c.session_id.in_(session_ids) & (attempts.c.outcome == Outcome.RUNNING.value)

        def work(connection: Connection) -> list[Attempt]:
            closed = [_attempt(row) for row in connection.execute(select(attempts).where(running))]
            connection.execute(
                update(attempts)
                .where(running)
                .values(outcome=Outcome.INTERRUPTED.value, ended_at=ended_at, reason=reason)
            )
            return closed

        return self._database.transact(work)

    def sessions_left_running(self) -> dict[str, datetime]:
        """Sessions that ended with attempts still marked as running, and when they ended."""
        with self._database.read() as connection:
            return {row.id: row.ended_at for row in connection.execute(_SESSIONS_LEFT_RUNNING)}

    def reclassify(self, session_id: str, reasons: Mapping[str, str], *, run_id: str | None = None) -> int:
        """Makes the failed attempts of this session, or of its run, errors of a place: coin by coin, with the reason.

        Returns how many it changed. It is called once a run is over and most of its coins failed alike (places.py).
        """
        failed = (attempts.c.session_id == session_id) & (attempts.c.outcome == Outcome.FAILED.value)
        if run_id is not None:
            failed &= attempts.c.dagster_run_id == run_id
        with self._database.begin() as connection:
            return sum(
                connection.execute(
                    update(attempts)
                    .where(failed, attempts.c.coin == coin)
                    .values(outcome=Outcome.UNAVAILABLE.value, action=AttemptAction.UNAVAILABLE.value, reason=reason)
                ).rowcount
                for coin, reason in reasons.items()
            )

    def failures(self, first: date, last: date, *, coins: Collection[str] | None = None) -> dict[TriedVersion, Tries]:
        """The errors at each coin, day and fingerprint of the days first..last: one query, however many coin-days."""
        return tries_between(self._database, first, last, coins=coins)

    def running(self, first: date, last: date) -> dict[CoinDay, str]:
        """The coin-days of the days first..last with an open attempt, and the session at it (the newest, of several)."""
        with self._database.read() as connection:
            rows = connection.execute(_RUNNING, {"first": first, "last": last})
            return {(row.coin, row.day): row.session_id for row in rows}

    def between(self, first: date, last: date, *, session_id: str | None = None) -> list[Attempt]:
        """Attempts at the days first..last, oldest first; of one session only, if given."""
        query = _BETWEEN if session_id is None else _BETWEEN.where(attempts.c.session_id == session_id)
        with self._database.begin() as connection:
            return [_attempt(row) for row in connection.execute(query, {"first": first, "last": last})]

    def newest(self, first: date, last: date, coins: Collection[str], *, limit: int) -> list[Attempt]:
        """The newest attempts at these coins on the days first..last, oldest first, `limit` of them at most."""
        ours = attempts.c.day.between(first, last) & attempts.c.coin.in_(list(coins))
        query = select(attempts).where(ours).order_by(attempts.c.id.desc()).limit(limit)
        # Mostly they are among the newest of all: then half a million older ones need not be sorted.
        edge = select(attempts.c.id).order_by(attempts.c.id.desc()).limit(1).offset(_NEWEST_FACTOR * limit)
        among_newest = query.where(attempts.c.id > func.coalesce(edge.scalar_subquery(), 0))
        with self._database.read() as connection:
            rows = connection.execute(among_newest).all()
            if len(rows) < limit:
                rows = connection.execute(query).all()
            return [_attempt(row) for row in rows][::-1]

    def runs_that_tried(self, run_ids: Collection[str], first: date, last: date) -> set[str]:
        """Those of these Dagster runs that made an attempt at any of the days first..last."""
        ours = attempts.c.day.between(first, last) & attempts.c.dagster_run_id.in_(list(run_ids))
        with self._database.read() as connection:
            return set(connection.execute(select(attempts.c.dagster_run_id).where(ours).distinct()).scalars())

    def days_tried(self, first: date, last: date) -> set[date]:
        """The days first..last that were tried."""
        query = select(attempts.c.day).where(attempts.c.day.between(first, last)).distinct()
        with self._database.read() as connection:
            return set(connection.execute(query).scalars())

    def cut_off(self, since: datetime, until: datetime) -> set[tuple[str, date]]:
        """The coin-days of attempts that ended within that time without an end of their own: interrupted or failed."""
        ended_badly = attempts.c.outcome.in_((Outcome.INTERRUPTED.value, Outcome.FAILED.value))
        query = select(attempts.c.coin, attempts.c.day).where(ended_badly, attempts.c.ended_at.between(since, until))
        with self._database.read() as connection:
            return {(row.coin, row.day) for row in connection.execute(query.distinct())}


def _attempt(row: Row[tuple[object, ...]]) -> Attempt:
    return Attempt(
        attempt_id=row.id,
        coin=row.coin,
        day=row.day,
        session_id=row.session_id,
        outcome=Outcome(row.outcome),
        started_at=row.started_at,
        ended_at=row.ended_at,
        action=AttemptAction(row.action) if row.action else None,
        reason=row.reason,
        usage=ComputeUsage(**{name: getattr(row, name) for name in ComputeUsage.__slots__}),
        released=row.released,
        fingerprint=row.fingerprint,
    )

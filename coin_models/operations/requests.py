"""Requests: which coin-days were requested, and by whom. A coin-day without a request is not trained.

Which of them are still missing is decided in the plan.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import Final

from sqlalchemy import Connection, Row, delete, insert, or_, select, update

from coin_models.clock import Clock
from coin_models.db.engine import Database
from coin_models.db.schema import requests
from coin_models.errors import UsageError

BACKFILL: Final = "backfill"
"""Who asks with `coin-models backfill`."""
_LONGEST_ASKED_BY = 64  # characters, the column's width


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Coins on a range of trading days, and who requested them."""

    request_id: int
    first_day: date
    last_day: date | None  # None: every night from the first day on
    coins: tuple[str, ...] | None  # None: the universe, as it is when the question is asked
    asked_by: str
    asked_at: datetime
    run_id: str | None = None  # the Dagster run that asked; cancelling it withdraws the request

    @property
    def is_backfill(self) -> bool:
        """Whether it stays open until all of it is made, however old its days are."""
        return self.asked_by == BACKFILL

    def asks_since(self, day: date) -> bool:
        """Whether it requests this day or a later one, or stays open until all of it is made."""
        return self.is_backfill or self.last_day is None or self.last_day >= day

    def __str__(self) -> str:
        """Such as `BTC, ETH on 2026-03-01 to 2026-03-05, asked by the UI`."""
        coins = "the universe" if self.coins is None else ", ".join(self.coins)
        return f"{coins} on {self.days_text}, requested by {self.asked_by}"

    @property
    def days_text(self) -> str:
        """Such as `2026-03-01 to 2026-03-05`, or `every night from 2026-03-01 on`."""
        if self.last_day is None:
            return f"every night from {self.first_day} on"
        return str(self.first_day) if self.first_day == self.last_day else f"{self.first_day} to {self.last_day}"


class RequestLog:
    """The table of requests."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def ask(
        self,
        first_day: date,
        last_day: date | None,
        coins: Sequence[str] | None,
        asked_by: str,
        run_id: str | None = None,
    ) -> Request:
        """Writes the request down and returns it; the same request by the same asker and run stays one row.

        Two runs that request the same are two requests, so that cancelling one leaves the other's. A run that Dagster
        launched again passes its root run's id.

        Raises:
            UsageError: the range ends before it begins, no coin is named, or `asked_by` is empty or too long.
        """
        _check(first_day, last_day, coins, asked_by)
        named = None if coins is None else sorted(set(coins))
        same = (
            (requests.c.first_day == first_day)
            & (requests.c.last_day.is_(None) if last_day is None else requests.c.last_day == last_day)
            & (requests.c.asked_by == asked_by)
            & (requests.c.dagster_run_id.is_(None) if run_id is None else requests.c.dagster_run_id == run_id)
        )
        values = {
            "first_day": first_day,
            "last_day": last_day,
            "coins": named,
            "asked_by": asked_by,
            "asked_at": self._clock.now(),
            "dagster_run_id": run_id,
        }

        def work(connection: Connection) -> Request:
            _one_writer(connection)
            for row in connection.execute(select(requests).where(same).order_by(requests.c.id)):
                if row.coins == named:
                    return _request(row)
            return _request(connection.execute(insert(requests).values(values).returning(requests)).one())

        return self._database.transact(work)

    def within(self, first: date, last: date) -> list[Request]:
        """Requests for any of the days first..last, the earliest asked first."""
        query = (
            select(requests)
            .where(requests.c.first_day <= last, or_(requests.c.last_day.is_(None), requests.c.last_day >= first))
            .order_by(requests.c.id)
        )
        with self._database.read() as connection:
            return [_request(row) for row in connection.execute(query)]

    def all(self) -> list[Request]:
        """Every request, the earliest asked first."""
        with self._database.read() as connection:
            return [_request(row) for row in connection.execute(select(requests).order_by(requests.c.id))]

    def backfills(self) -> list[Request]:
        """What `coin-models backfill` requested and is not all made yet."""
        query = select(requests).where(requests.c.asked_by == BACKFILL).order_by(requests.c.id)
        with self._database.read() as connection:
            return [_request(row) for row in connection.execute(query)]

    def end(self, request_id: int) -> Request:
        """Removes a request: it requests nothing any more. What was made for it stays. Returns what it was.

        Raises:
            UsageError: there is none with this number.
        """
        with self._database.begin() as connection:
            row = connection.execute(
                delete(requests).where(requests.c.id == request_id).returning(requests)
            ).one_or_none()
        if row is None:
            raise UsageError(f"there is no request {request_id}; `coin-models requests list --all` shows their numbers")
        return _request(row)

    def end_open_ended(self, asked_by: str, last_day: date) -> int:
        """Gives this asker's requests without a last day this one, and removes those that begin later; how many there were."""
        ours = (requests.c.asked_by == asked_by) & requests.c.last_day.is_(None)
        with self._database.begin() as connection:
            removed = connection.execute(delete(requests).where(ours, requests.c.first_day > last_day)).rowcount
            return removed + connection.execute(update(requests).where(ours).values(last_day=last_day)).rowcount

    def withdraw(self, run_id: str) -> int:
        """Removes what this run requested, because a person cancelled it; returns the number of requests removed."""
        with self._database.begin() as connection:
            return connection.execute(delete(requests).where(requests.c.dagster_run_id == run_id)).rowcount


def wanted(asked: Iterable[Request], universe: Sequence[str], first: date, last: date) -> dict[date, Mapping[str, str]]:
    """Who requested each coin of each day first..last: `{day: {coin: asked_by}}`, days and coins in order.

    Days for which no coin is asked are left out, and so are coins outside the universe. Where several requested one
    coin-day, the earliest request is named. Days on which the same is asked share one read-only mapping: 547,500
    coin-days of one nightly request cost one of 500 coins.
    """
    position = {coin: index for index, coin in enumerate(universe)}
    by_day: dict[date, Mapping[str, str]] = {}
    askers: dict[tuple[tuple[tuple[str, ...] | None, str], ...], Mapping[str, str]] = {}
    for start, end, active in _stretches(asked, first, last):
        asks = tuple((request.coins, request.asked_by) for request in active)
        if asks not in askers:
            askers[asks] = _askers(active, position)
        coins = askers[asks]
        if coins:
            by_day.update(dict.fromkeys(_days(start, end), coins))
    return by_day


def _stretches(asked: Iterable[Request], first: date, last: date) -> Iterator[tuple[date, date, list[Request]]]:
    """The days first..last, cut where a request begins or ends: first and last day, and what is asked on them."""
    begins: dict[date, list[Request]] = {first: []}
    ends: dict[date, list[int]] = {}
    for request in asked:
        start, end = max(request.first_day, first), last if request.last_day is None else min(request.last_day, last)
        if start <= end:
            begins.setdefault(start, []).append(request)
            ends.setdefault(end + timedelta(days=1), []).append(request.request_id)
    active: dict[int, Request] = {}
    cuts = sorted(day for day in {*begins, *ends} if day <= last)
    for start, following in zip(cuts, [*cuts[1:], last + timedelta(days=1)], strict=True):
        for request_id in ends.get(start, ()):
            del active[request_id]
        active |= {request.request_id: request for request in begins.get(start, ())}
        if active:
            yield start, following - timedelta(days=1), [active[request_id] for request_id in sorted(active)]


def _askers(active: Iterable[Request], position: Mapping[str, int]) -> Mapping[str, str]:
    askers: dict[str, str] = {}
    for request in active:
        for coin in position if request.coins is None else request.coins:
            if coin in position:
                askers.setdefault(coin, request.asked_by)
    return MappingProxyType({coin: askers[coin] for coin in position if coin in askers})


def _days(first: date, last: date) -> Iterator[date]:
    return (date.fromordinal(ordinal) for ordinal in range(first.toordinal(), last.toordinal() + 1))


def _check(first_day: date, last_day: date | None, coins: Sequence[str] | None, asked_by: str) -> None:
    if last_day is not None and last_day < first_day:
        raise UsageError(f"the request's first day {first_day} is after its last day {last_day}; swap them")
    if coins is not None and not coins:
        raise UsageError(f"a request for {first_day} names no coin; name one, or request the universe")
    if not 0 < len(asked_by) <= _LONGEST_ASKED_BY:
        raise UsageError(f"asked_by is {asked_by!r}; give 1 to {_LONGEST_ASKED_BY} characters")


def _one_writer(connection: Connection) -> None:
    """Lets one process at a time look and insert; SQLite's transaction that writes is alone already."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"LOCK TABLE {requests.name} IN SHARE ROW EXCLUSIVE MODE")


def _request(row: Row[tuple[object, ...]]) -> Request:
    return Request(
        request_id=row.id,
        first_day=row.first_day,
        last_day=row.last_day,
        coins=None if row.coins is None else tuple(row.coins),
        asked_by=row.asked_by,
        asked_at=row.asked_at,
        run_id=row.dagster_run_id,
    )

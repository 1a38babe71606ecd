"""Counts the failed tries per coin-day and fingerprint, in one query.

Of 547,500 coin-days nearly all are published: the query reads the attempts that failed, by the index on outcome and
day, and never those that succeeded.
"""

from collections.abc import Collection
from datetime import date
from functools import cache

from sqlalchemy import CompoundSelect, Select, bindparam, case, func, select, union_all

from coin_models.db.engine import Database
from coin_models.db.schema import attempts
from coin_models.operations.retry import Tries

TriedVersion = tuple[str, date, str | None]
"""Coin, day and the fingerprint that was tried; None: no fingerprint was known, or coin_models 0.1 wrote it."""


def tries_between(
    database: Database, first: date, last: date, *, coins: Collection[str] | None = None
) -> dict[TriedVersion, Tries]:
    """The errors of the days first..last at each coin, day and fingerprint; coin-days without one are left out."""
    query = _query(of_coins=coins is not None)
    values = {"first": first, "last": last} | ({} if coins is None else {"coins": list(coins)})
    with database.read() as connection:
        return {
            (row.coin, row.day, row.fingerprint): Tries(
                num_failed=row.num_failed,
                last_failed_at=row.last_failed_at,
                num_unavailable=row.num_unavailable,
                last_unavailable_at=row.last_unavailable_at,
                reason=row.reason,
            )
            for row in connection.execute(query, values)
        }


@cache
def _query(*, of_coins: bool) -> Select[tuple[object, ...]]:
    """Built once: it takes longer to build than to answer."""
    return _newest_of(_counted(of_coins=of_coins))


def _counted(*, of_coins: bool) -> Select[tuple[object, ...]]:
    tried = _tried(of_coins=of_coins).subquery()
    table = tried.c
    failed, unavailable = table.outcome == "failed", table.outcome == "unavailable"
    ended = func.coalesce(table.ended_at, table.started_at, type_=table.ended_at.type)
    return select(
        table.coin,
        table.day,
        table.fingerprint,
        func.sum(case((failed, 1), else_=0)).label("num_failed"),
        func.max(case((failed, ended))).label("last_failed_at"),
        func.sum(case((unavailable, 1), else_=0)).label("num_unavailable"),
        func.max(case((unavailable, ended))).label("last_unavailable_at"),
        func.max(table.id).label("newest_id"),
    ).group_by(table.coin, table.day, table.fingerprint)


def _tried(*, of_coins: bool) -> CompoundSelect[tuple[object, ...]]:
    """The attempts that count. Each outcome is a query of its own: SQLite, once it was analysed, answers the two in one
    by reading every attempt of these days (0.25 s of 547,500)."""
    table = attempts.c
    columns = (table.id, table.coin, table.day, table.fingerprint, table.outcome, table.started_at, table.ended_at)
    query = select(*columns).where(table.day.between(bindparam("first"), bindparam("last")))
    if of_coins:
        query = query.where(table.coin.in_(bindparam("coins", expanding=True)))
    return union_all(
        query.where(table.outcome == "failed", table.released.is_(False)), query.where(table.outcome == "unavailable")
    )


def _newest_of(counted: Select[tuple[object, ...]]) -> Select[tuple[object, ...]]:
    """The counts, each with the reason of its newest row."""
    counts = counted.subquery()
    return select(counts, attempts.c.reason).join(attempts, attempts.c.id == counts.c.newest_id)

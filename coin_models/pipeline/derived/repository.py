"""Rows of `derived_days`: the digest of the inputs of a day's trades, patterns or report."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Select, bindparam, func, select

from coin_models.db.schema import derived_days
from coin_models.db.upsert import insert_for
from coin_models.pipeline.derived.digests import DerivedKind

_COINS_PER_QUERY = 500  # databases limit the parameters of a statement (SQLite: 32,766)
_COLUMNS = derived_days.c
_OF_KIND = _COLUMNS.kind == bindparam("kind")
_DIGESTS = (
    select(_COLUMNS.coin, _COLUMNS.day, _COLUMNS.digest)
    .where(_OF_KIND, _COLUMNS.day.between(bindparam("first"), bindparam("last")))
    .order_by(_COLUMNS.day, _COLUMNS.coin)
)


def write_digest(connection: Connection, kind: DerivedKind, day: date, coin: str, digest: str, now: datetime) -> None:
    """Writes what a day was made from, instead of what was there; in the caller's transaction.

    Written before the rows that it describes, it makes two processes that work on the same day wait for each other.
    """
    made = {"digest": digest, "computed_at": now}
    statement = insert_for(connection, derived_days).values(kind=kind.value, day=day, coin=coin, **made)
    connection.execute(statement.on_conflict_do_update(index_elements=["kind", "day", "coin"], set_=made))


def read_digests(connection: Connection, kind: DerivedKind, first: date, last: date) -> dict[str, dict[date, str]]:
    """Stored digests of a kind by coin and day, from `first` to `last`, ascending by day."""
    by_coin: dict[str, dict[date, str]] = {}
    values = {"kind": kind.value, "first": first, "last": last}
    for coin, day, digest in connection.execute(_DIGESTS, values):
        by_coin.setdefault(coin, {})[day] = digest
    return by_coin


def newest_before(
    connection: Connection, kind: DerivedKind, day: date, coins: Sequence[str]
) -> dict[str, tuple[date, str]]:
    """The newest stored day of each coin before `day`, with its digest; coins without one are left out."""
    by_coin: dict[str, tuple[date, str]] = {}
    for start in range(0, len(coins), _COINS_PER_QUERY):
        values = {"kind": kind.value, "day": day, "coins": list(coins[start : start + _COINS_PER_QUERY])}
        rows = connection.execute(_NEWEST_BEFORE, values)
        by_coin |= {coin: (stored_day, digest) for coin, stored_day, digest in rows}
    return by_coin


def _newest_before() -> Select[Any]:
    row = _COLUMNS
    newest = (
        select(row.coin, func.max(row.day).label("day"))
        .where(_OF_KIND, row.day < bindparam("day"), row.coin.in_(bindparam("coins", expanding=True)))
        .group_by(row.coin)
        .subquery()
    )
    same = (row.coin == newest.c.coin) & (row.day == newest.c.day) & _OF_KIND
    return select(row.coin, row.day, row.digest).join(newest, same)


_NEWEST_BEFORE = _newest_before()


def newest_day(connection: Connection) -> date | None:
    """The newest day of which anything is stored."""
    newest: date | None = connection.execute(select(func.max(derived_days.c.day))).scalar_one()
    return newest

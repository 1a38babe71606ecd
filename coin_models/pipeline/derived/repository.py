"""Rows of `derived_days`: the digest of the inputs of a day's trades, patterns or report."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import Connection, func, select

from coin_models.db.schema import derived_days
from coin_models.db.upsert import insert_for
from coin_models.pipeline.derived.digests import DerivedKind

_COINS_PER_QUERY = 500  # databases limit the parameters of a statement (SQLite: 32,766)


def write_digest(connection: Connection, kind: DerivedKind, day: date, coin: str, digest: str, now: datetime) -> None:
    """Writes what a day was made from, instead of what was there; in the caller's transaction.

    Written before the rows that it describes, it makes two processes that work on the same day wait for each other.
    """
    made = {"digest": digest, "computed_at": now}
    statement = insert_for(connection, derived_days).values(kind=kind.value, day=day, coin=coin, **made)
    connection.execute(statement.on_conflict_do_update(index_elements=["kind", "day", "coin"], set_=made))


def read_digests(connection: Connection, kind: DerivedKind, first: date, last: date) -> dict[str, dict[date, str]]:
    """Stored digests of a kind by coin and day, from `first` to `last`, ascending by day."""
    row = derived_days.c
    query = (
        select(row.coin, row.day, row.digest)
        .where(row.kind == kind.value, row.day.between(first, last))
        .order_by(row.day, row.coin)
    )
    by_coin: dict[str, dict[date, str]] = {}
    for coin, day, digest in connection.execute(query):
        by_coin.setdefault(coin, {})[day] = digest
    return by_coin


def newest_before(
    connection: Connection, kind: DerivedKind, day: date, coins: Sequence[str]
) -> dict[str, tuple[date, str]]:
    """The newest stored day of each coin before `day`, with its digest; coins without one are left out."""
    by_coin: dict[str, tuple[date, str]] = {}
    row = derived_days.c
    for start in range(0, len(coins), _COINS_PER_QUERY):
        some = coins[start : start + _COINS_PER_QUERY]
        newest = (
            select(row.coin, func.max(row.day).label("day"))
            .where(row.kind == kind.value, row.day < day, row.coin.in_(some))
            .group_by(row.coin)
            .subquery()
        )
        query = select(row.coin, row.day, row.digest).join(
            newest, (row.coin == newest.c.coin) & (row.day == newest.c.day) & (row.kind == kind.value)
        )
        by_coin |= {coin: (stored_day, digest) for coin, stored_day, digest in connection.execute(query)}
    return by_coin


def newest_day(connection: Connection) -> date | None:
    """The newest day of which anything is stored."""
    newest: date | None = connection.execute(select(func.max(derived_days.c.day))).scalar_one()
    return newest

"""Which model versions are removed, and their removal from the registry.

Kept are the recent ones, every version that a kept row names (champions, earlier champions, what traded on a recent day), one
of each coin and month, and whatever a kept one started from.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any, Final

from sqlalchemy import Connection, delete, exists, not_, or_, select

from coin_models.db.engine import Database
from coin_models.db.schema import champion_decisions, model_versions, removals
from coin_models.db.trading_schema import shadow_days, shadow_trades
from coin_models.db.upsert import insert_for
from coin_models.pipeline.prune.rules import RULES, Cutoff

_AT_ONCE: Final = 500
_version = model_versions.c


@dataclass(frozen=True, slots=True)
class OldVersion:
    """A version beyond the cutoff."""

    version_id: str
    coin: str
    day: date
    parent_id: str | None


def removable_versions(database: Database, cutoff: Cutoff, *, monthly: bool) -> list[OldVersion]:
    """The versions to remove, newest day first, so that each goes before what it started from."""
    is_old = (_version.day < cutoff.day) & (_version.created_at < cutoff.made_at)
    columns = (_version.id, _version.coin, _version.day, _version.parent_id)
    with database.read() as connection:
        old = [OldVersion(*row) for row in connection.execute(select(*columns).where(is_old))]
        named = set(connection.execute(select(_version.parent_id).where(not_(is_old)).distinct()).scalars())
        for rule in RULES:
            if rule.table in (champion_decisions, shadow_days, shadow_trades):
                kept = select(rule.table.c.version_id).where(not_(rule.is_old(cutoff)))
                named.update(connection.execute(kept.distinct()).scalars())
    kept_ids = choose_kept(old, named, monthly=monthly)
    removed = [version for version in old if version.version_id not in kept_ids]
    return sorted(removed, key=lambda version: (-version.day.toordinal(), version.coin, version.version_id))


def choose_kept(old: Sequence[OldVersion], named: Collection[str | None], *, monthly: bool) -> set[str]:
    """The ids of those that stay: named ones, one of each coin and month, and what these started from."""
    by_id = {version.version_id: version for version in old}
    waiting: list[str | None] = list(named)
    waiting.extend(version.version_id for version in _one_a_month(old) if monthly)
    kept: set[str] = set()
    while waiting:
        version = by_id.get(waiting.pop() or "")
        if version is not None and version.version_id not in kept:
            kept.add(version.version_id)
            waiting.append(version.parent_id)
    return kept


def _one_a_month(old: Sequence[OldVersion]) -> Iterator[OldVersion]:
    """The first full retrain of each coin and month, which needs no parent; without one, the first version."""

    def month(version: OldVersion) -> tuple[str, int, int]:
        return version.coin, version.day.year, version.day.month

    def order(version: OldVersion) -> tuple[bool, date, str]:
        return version.parent_id is not None, version.day, version.version_id

    for _, versions in groupby(sorted(old, key=month), key=month):
        yield min(versions, key=order)


def remove_versions(database: Database, versions: Sequence[OldVersion], now: datetime) -> Iterator[int]:
    """Removes rows, noting in the same transaction the objects that they named; yields how many each transaction removed.

    A version that was promoted, traded or started from meanwhile stays.
    """
    for _, group in groupby(versions, key=lambda version: version.day):
        ids = [version.version_id for version in group]
        for start in range(0, len(ids), _AT_ONCE):
            chunk = ids[start : start + _AT_ONCE]
            yield database.transact(lambda connection, chunk=chunk: _remove(connection, chunk, now))  # type: ignore[misc]


def _remove(connection: Connection, ids: Sequence[str], now: datetime) -> int:
    child = model_versions.alias()
    in_use = or_(
        exists().where(child.c.parent_id == _version.id),
        *(
            exists().where(table.c.version_id == _version.id)
            for table in (champion_decisions, shadow_days, shadow_trades)
        ),
    )
    statement = delete(model_versions).where(_version.id.in_(ids), not_(in_use))
    rows = connection.execute(statement.returning(_version.manifest_key, _version.weights_key)).all()
    note_removals(connection, (key for row in rows for key in row), now)
    return len(rows)


def note_removals(connection: Connection, keys: Iterable[str], now: datetime) -> None:
    """Notes objects that no row of this transaction refers to any more."""
    rows: list[dict[str, Any]] = [{"key": key, "noted_at": now} for key in keys]
    if rows:
        connection.execute(insert_for(connection, removals).on_conflict_do_nothing(), rows)

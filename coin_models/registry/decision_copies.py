"""A copy of each day's champion decisions in the store, beside the models, from which a lost database gets them back.

The table decides; the copy follows it. It is written when a day is settled (with its report) and after a manual decision,
and it holds all rows of the day as the table has them, in their order.
"""

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Connection, insert, select

from coin_models.db.engine import Database
from coin_models.db.schema import champion_decisions, model_versions
from coin_models.storage import keys
from coin_models.storage.object_store import ObjectStore
from coin_models.storage.reading import read_each

SCHEMA_VERSION: Final = 1
_BATCH: Final = 100  # days that are read at once
_COLUMNS: Final = tuple(column for column in champion_decisions.c if column.name not in ("id", "day"))

OnProgress = Callable[[int, int], None]
"""Called as `progress(done, total)`."""


@dataclass(slots=True, kw_only=True)
class RebuiltDecisions:
    """What was found in the store and written into the database."""

    num_added: int = 0
    num_existing: int = 0  # days of which the database had decisions
    left_out: dict[str, str] = field(default_factory=dict)  # by key, why
    without_version: list[str] = field(default_factory=list)  # a sentence for each decision that is left out


def copy_decisions(database: Database, store: ObjectStore, day: date) -> None:
    """Writes the copy of the day, and of every other day of which the store has none; the same bytes for the same rows.

    Raises:
        StoreError, DatabaseError: calling it again is safe.
    """
    copied = {keys.decisions_day_of(info.key) for info in store.list(keys.DECISIONS)}
    for missing in sorted(_decided_days(database) - copied | {day}):
        rows = _rows(database, missing)
        if rows or missing in copied:
            store.put(keys.decisions(missing), _encoded(missing, rows))


def refresh_copy(database: Database, store: ObjectStore, day: date) -> None:
    """Makes the copy of the day what the table says, where there is one; a day without rows has none.

    Raises:
        StoreError, DatabaseError: calling it again is safe.
    """
    rows = _rows(database, day)
    if rows:
        store.put(keys.decisions(day), _encoded(day, rows))
    else:
        store.delete(keys.decisions(day))


def rebuild_decisions(database: Database, store: ObjectStore, progress: OnProgress) -> RebuiltDecisions:
    """Adds the decisions of the days of which the database has none.

    A decision about a version that is not listed is left out: the one before it counts until the policy decides again.

    Raises:
        StoreError, DatabaseError: calling it again continues.
    """
    result = RebuiltDecisions()
    existing, versions = _decided_days(database), _versions(database)
    stored = {info.key: keys.decisions_day_of(info.key) for info in store.list(keys.DECISIONS)}
    wanted = {key: day for key, day in stored.items() if day is not None and day not in existing}
    result.num_existing = len(existing)
    for start in range(0, len(wanted), _BATCH):
        progress(start, len(wanted))
        batch = list(wanted)[start : start + _BATCH]
        data, problems = read_each(store, batch)
        result.left_out |= problems
        for key in (key for key in batch if key in data):
            _add(database, wanted[key], key, data[key], versions, result)
    progress(len(wanted), len(wanted))
    return result


def _add(
    database: Database, day: date, key: str, data: bytes, versions: Mapping[str, str], result: RebuiltDecisions
) -> None:
    """Adds one day, whole or not at all."""
    try:
        rows = _decoded(day, data)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        result.left_out[key] = f"it is damaged: {type(error).__name__}: {error}"
        return
    kept = []
    for row in rows:
        if row["version_id"] is None or versions.get(row["version_id"]) == row["coin"]:
            kept.append(row)
        else:
            result.without_version.append(
                f"the decision {row['decision']!r} of {day} about {row['coin']} is left out, as its version "
                f"{row['version_id']} is"
            )
    database.transact(lambda connection: _insert(connection, kept))
    result.num_added += len(kept)


def _insert(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    if rows:
        connection.execute(insert(champion_decisions), [dict(row) for row in rows])


def _encoded(day: date, rows: Collection[Mapping[str, Any]]) -> bytes:
    content = {"schema_version": SCHEMA_VERSION, "day": day.isoformat(), "decisions": list(rows)}
    return json.dumps(content, indent=1, sort_keys=True, default=datetime.isoformat).encode()


def _decoded(day: date, data: bytes) -> list[dict[str, Any]]:
    """The rows of a copy.

    Raises:
        ValueError, KeyError, TypeError, AttributeError: it is no copy of this day that this code can read.
    """
    content = json.loads(data)
    if content["schema_version"] != SCHEMA_VERSION:
        raise ValueError(f"schema version {content['schema_version']}, this code reads {SCHEMA_VERSION}: upgrade it")
    if content["day"] != day.isoformat():
        raise ValueError(f"it is of {content['day']}")
    rows = []
    for stored in content["decisions"]:
        row = {column.name: stored[column.name] for column in _COLUMNS}
        decided_at = datetime.fromisoformat(row["decided_at"])
        if decided_at.tzinfo is None:
            raise ValueError(f"decided_at {row['decided_at']!r} has no time zone")
        rows.append({**row, "day": day, "decided_at": decided_at})
    return rows


def _decided_days(database: Database) -> set[date]:
    with database.read() as connection:
        return set(connection.execute(select(champion_decisions.c.day).distinct()).scalars())


def _rows(database: Database, day: date) -> list[dict[str, Any]]:
    query = select(*_COLUMNS).where(champion_decisions.c.day == day).order_by(champion_decisions.c.id)
    with database.read() as connection:
        return [dict(row) for row in connection.execute(query).mappings()]


def _versions(database: Database) -> dict[str, str]:
    """By id of each listed version, its coin."""
    with database.read() as connection:
        return {row.id: row.coin for row in connection.execute(select(model_versions.c.id, model_versions.c.coin))}

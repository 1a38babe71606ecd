"""Removes the objects that removed rows named, from the notes that their transaction left.

Row and note change in one transaction, the object after it, the note last: a kill at any point leaves a note, and the next turn
continues. An object that a row names again (its day was retrained meanwhile) stays. The coin-day's lease is held over the look
and the removal, so that no session publishes it in between.
"""

import uuid
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Final

from sqlalchemy import delete, func, select, tuple_

from coin_models.db.engine import Database
from coin_models.db.schema import model_versions, removals
from coin_models.db.trading_schema import forecast_days
from coin_models.operations.leases import LeaseBook, coin_day_lease
from coin_models.registry.decision_copies import refresh_copy
from coin_models.storage import keys
from coin_models.storage.object_store import ObjectStore

_AT_ONCE: Final = 500
_THREADS: Final = 8


def num_noted(database: Database) -> int:
    """Objects that wait for their removal."""
    with database.read() as connection:
        return int(connection.execute(select(func.count()).select_from(removals)).scalar_one())


def remove_objects(database: Database, store: ObjectStore, leases: LeaseBook) -> Iterator[int]:
    """Removes what is noted; yields how many objects each step removed. Those of a coin-day in use wait for the next turn.

    Raises:
        StoreError, DatabaseError: calling it again continues.
    """
    who, after = f"prune {uuid.uuid4().hex}", ""
    while noted := _noted(database, after):
        after = noted[-1]
        names = {key: _lease_of(key) for key in noted}
        held = leases.acquire([name for name in names.values() if name], who)
        try:
            free = [key for key in noted if names[key] is None or names[key] in held]
            _remove(database, store, free)
        finally:
            leases.release(held.values())
        yield len(free)


def _noted(database: Database, after: str) -> list[str]:
    query = select(removals.c.key).where(removals.c.key > after).order_by(removals.c.key).limit(_AT_ONCE)
    with database.read() as connection:
        return list(connection.execute(query).scalars())


def _lease_of(key: str) -> str | None:
    coin_day = keys.model_coin_day_of(key)
    return None if coin_day is None else coin_day_lease(*coin_day)


def _remove(database: Database, store: ObjectStore, noted: Sequence[str]) -> None:
    decided: list[date] = [day for key in noted if (day := keys.decisions_day_of(key)) is not None]
    for day in decided:
        refresh_copy(database, store, day)
    models = [key for key in noted if keys.model_coin_day_of(key) is not None]
    named = _named(database, models)
    unnamed = [key for key in models if key not in named]
    forecasts = _unnamed_forecasts(database, [key for key in noted if keys.forecast_day_of(key) is not None])
    with ThreadPoolExecutor(_THREADS, thread_name_prefix="prune") as pool:
        # Weights without a manifest are what a kill leaves of a publication; a manifest without weights would be called damaged.
        for is_first in (True, False):
            list(pool.map(store.delete, [key for key in unnamed if keys.is_manifest(key) is is_first]))
        list(pool.map(store.delete, forecasts))
    with database.begin() as connection:
        connection.execute(delete(removals).where(removals.c.key.in_(noted)))


def _named(database: Database, models: Collection[str]) -> set[str]:
    version, coin_days = model_versions.c, {keys.model_coin_day_of(key) for key in models}
    query = select(version.manifest_key, version.weights_key).where(tuple_(version.coin, version.day).in_(coin_days))
    with database.read() as connection:
        return {key for row in connection.execute(query) for key in row}


def _unnamed_forecasts(database: Database, forecasts: Collection[str]) -> list[str]:
    """Of these objects, those that no row names: a day that was traded again may have got the same one."""
    if not forecasts:
        return []
    with database.read() as connection:
        query = select(forecast_days.c.key).where(forecast_days.c.key.in_(forecasts))
        named = set(connection.execute(query).scalars())
    return [key for key in forecasts if key not in named]

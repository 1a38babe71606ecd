"""Finds objects of model versions that no row names: a kill between an object and its row leaves them.

pipeline/cleanup.py removes them.
"""

from datetime import date, datetime

from sqlalchemy import select

from coin_models.db.engine import Database
from coin_models.db.schema import model_versions
from coin_models.storage import keys
from coin_models.storage.object_store import ObjectStore


def unreferenced(database: Database, store: ObjectStore, coin: str, day: date, *, before: datetime) -> list[str]:
    """Keys of the coin-day that no version names and that were not written since `before`.

    True for as long as the caller holds the coin-day's lease: no other session can publish it meanwhile.
    """
    stored_keys = [info.key for info in store.list(keys.models_of_day(coin, day)) if info.modified < before]
    if not stored_keys:
        return []
    table = model_versions.c
    query = select(table.weights_key, table.manifest_key).where(table.coin == coin, table.day == day)
    with database.read() as connection:
        named = {key for row in connection.execute(query) for key in row}
    return [key for key in stored_keys if key not in named]

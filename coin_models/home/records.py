"""The two records of a home's identity: a small object in the store, some rows in the database."""

import json
from contextlib import suppress
from dataclasses import dataclass

from sqlalchemy import Connection, delete, select

from coin_models.db.engine import Database
from coin_models.db.schema import identity
from coin_models.db.upsert import insert_for
from coin_models.errors import HomeError, ObjectExists, ObjectNotFound
from coin_models.home.market import MarketIdentity
from coin_models.storage import keys
from coin_models.storage.object_store import ObjectStore

_ID, _MARKET, _STORE, _REBUILD = "id", "market", "store", "rebuild"
_MOVED_TO, _MOVED_FROM = "moved to", "moved from"


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeRecord:
    """What a database or a store says of itself."""

    home_id: str  # 32 hexadecimal digits, the same in both
    market: MarketIdentity
    store_url: str | None = (
        None  # where the store was when the database was joined to it; the store itself does not say
    )
    is_rebuilding: bool = False  # of a database: `home rebuild` has begun, and is not done
    moved_to: str | None = None  # of a database: URL of the one that `home move` makes, or made, of it
    moved_from: str | None = None  # of a database: `home move` fills it from that one, and is not done


def read_store_record(store: ObjectStore) -> HomeRecord | None:
    """The store's record; None where none was written.

    Raises:
        HomeError: what is there is no record.
        StoreError: the store cannot be asked.
    """
    try:
        data = store.get(keys.IDENTITY)
    except ObjectNotFound:
        return None
    try:
        content = json.loads(data)
        return HomeRecord(home_id=str(content["id"]), market=MarketIdentity.from_json(content["market"]))
    except (ValueError, KeyError, TypeError, AttributeError):
        raise HomeError(
            f"{keys.IDENTITY} in {store.url} is damaged: it does not say which market this store holds; "
            "`coin-models home adopt` writes it again from the settings"
        ) from None


def write_store_record(store: ObjectStore, record: HomeRecord, *, replace: bool = False) -> HomeRecord:
    """Writes the record unless there is one; returns the one that is there then. Of two writers at once, the first wins."""
    content = {"id": record.home_id, "market": record.market.to_json()}
    with suppress(ObjectExists):
        store.put(keys.IDENTITY, json.dumps(content, indent=1).encode(), if_absent=not replace)
    return read_store_record(store) or record


def read_database_record(database: Database) -> HomeRecord | None:
    """The database's record; None where none was written."""
    with database.read() as connection:
        rows: dict[str, str] = {row.name: row.value for row in connection.execute(select(identity))}
    if _ID not in rows:
        return None
    market = MarketIdentity.from_json(json.loads(rows[_MARKET]))
    return HomeRecord(
        home_id=rows[_ID],
        market=market,
        store_url=rows.get(_STORE),
        is_rebuilding=_REBUILD in rows,
        moved_to=rows.get(_MOVED_TO),
        moved_from=rows.get(_MOVED_FROM),
    )


def write_database_record(database: Database, record: HomeRecord, *, replace: bool = False) -> HomeRecord:
    """Writes the record unless there is one; returns the one that is there then."""

    values = {_ID: record.home_id, _MARKET: json.dumps(record.market.to_json()), _STORE: record.store_url}
    values |= {_REBUILD: "unfinished" if record.is_rebuilding else None}
    values |= {_MOVED_TO: record.moved_to, _MOVED_FROM: record.moved_from}
    rows = [{"name": name, "value": value} for name, value in values.items() if value is not None]

    def work(connection: Connection) -> None:
        if replace:
            connection.execute(delete(identity))
        connection.execute(insert_for(connection, identity).values(rows).on_conflict_do_nothing())

    database.transact(work)
    return read_database_record(database) or record

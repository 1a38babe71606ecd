"""A backup: a store that holds a home's objects under their own keys, and beside them the database's tables.

The tables are read first. An object is stored before a row refers to it, so every object that the tables refer to is there
when the objects are copied, while runs continue. The manifest is written last: without it there is no backup. The next
backup into the same store copies only what is new.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Final, Self

from sqlalchemy import select

from coin_models.db.dump import dump, load
from coin_models.db.engine import Database
from coin_models.db.migrate import HEAD, current_revision
from coin_models.db.schema import identity, model_versions
from coin_models.errors import HomeError
from coin_models.home.belonging import check_market
from coin_models.home.copying import Advance, Copied, copy_objects
from coin_models.home.market import market_of
from coin_models.home.opening import Home
from coin_models.home.records import HomeRecord, read_database_record, read_store_record, write_store_record
from coin_models.storage import keys
from coin_models.storage.object_store import ObjectStore, sha256_hex

_SCHEMA: Final = 1
_MANIFEST: Final = "/manifest.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class PartRecord:
    """An object that holds rows of a table."""

    key: str
    num_rows: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """What a finished backup says of itself."""

    stamp: str  # when its tables were read, such as 20260310T020000Z
    home_id: str
    revision: str  # of the tables
    made_by: str  # the version of coin_models
    tables: Mapping[str, tuple[PartRecord, ...]]
    num_objects: int
    schema_version: int = _SCHEMA

    @property
    def num_rows(self) -> int:
        """Rows of all tables."""
        return sum(part.num_rows for parts in self.tables.values() for part in parts)

    def encode(self) -> bytes:
        """Readable JSON."""
        return json.dumps(asdict(self), indent=1, sort_keys=True).encode()

    @classmethod
    def decode(cls, data: bytes, where: str) -> Self:
        """Reads what `encode` wrote.

        Raises:
            HomeError: it is no manifest of a backup, or one of a schema that this code does not know.
        """
        try:
            content = json.loads(data)
            if content["schema_version"] != _SCHEMA:
                raise HomeError(f"{where} was written by a newer coin_models; upgrade this one")
            tables = {name: tuple(PartRecord(**part) for part in parts) for name, parts in content["tables"].items()}
            return cls(**{**content, "tables": tables})
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise HomeError(f"{where} is damaged: it is no manifest of a backup") from error


def back_up(home: Home, target: ObjectStore, now: datetime, advance: Advance, *, made_by: str) -> tuple[Backup, Copied]:
    """Copies the home into `target`, beside earlier backups of it; runs may continue meanwhile.

    Args:
        home: what is copied.
        target: another store; of this home's backups, or empty.
        now: names the backup.
        advance: shown how far it is.
        made_by: the version of coin_models that restores it.

    Raises:
        HomeError: `target` is the home's own store, or holds another home.
        StoreError, DatabaseError: either cannot be read or written; the same call again continues.
    """
    if target.url == home.store.url:
        raise HomeError(f"{target.url} is the store of this home; name another folder or bucket for its backup")
    record = _record_of(home)
    _claim(target, record)
    stamp = now.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    with home.database.read() as connection:
        revision = current_revision(connection) or HEAD
    tables = _store_tables(home.database, target, stamp, advance)
    copied = copy_objects(home.store, target, advance)
    backup = Backup(
        stamp=stamp,
        home_id=record.home_id,
        revision=revision,
        made_by=made_by,
        tables=tables,
        num_objects=copied.num_objects,
    )
    target.put(keys.backup_manifest(stamp), backup.encode())
    return backup, copied


def find_backup(source: ObjectStore, stamp: str | None = None) -> Backup:
    """The newest finished backup of a store, or that of `stamp`.

    Raises:
        HomeError: there is none.
    """
    stamps = [
        info.key.removeprefix(keys.BACKUPS).removesuffix(_MANIFEST)
        for info in source.list(keys.BACKUPS)
        if info.key.endswith(_MANIFEST)
    ]
    if not stamps:
        raise HomeError(f"{source.url} holds no finished backup; `coin-models home backup {source.url}` makes one")
    if stamp is not None and stamp not in stamps:
        raise HomeError(f"{source.url} holds no backup {stamp}; it holds {', '.join(stamps[-5:])}")
    key = keys.backup_manifest(stamp or stamps[-1])
    return Backup.decode(source.get(key), f"{key} in {source.url}")


def restore(backup: Backup, source: ObjectStore, home: Home, advance: Advance) -> tuple[Copied, list[str]]:
    """Makes an empty home what the backup says; returns what was copied, and the versions whose objects are not there.

    Objects first, then all tables in one transaction: after a kill the database is empty, and the same call continues.

    Raises:
        HomeError: the home is not empty, the backup is of other tables, or its identity is not in `source`.
        ObjectDamaged: a part of the tables is not what the manifest says; nothing was restored.
    """
    if backup.revision != HEAD:
        raise HomeError(
            f"the backup {backup.stamp} holds tables of revision {backup.revision}, this code makes {HEAD}: restore it with "
            f"coin_models {backup.made_by}, then upgrade"
        )
    record = read_store_record(source)
    if record is None or record.home_id != backup.home_id:
        raise HomeError(f"{source.url} does not say which home the backup {backup.stamp} is of ({keys.IDENTITY})")
    _require_empty(home, record)
    write_store_record(home.store, record)
    copied = copy_objects(source, home.store, advance)

    def parts(table: str) -> Iterator[bytes]:
        for part in backup.tables.get(table, ()):
            advance(f"table {table}", 0, 0)
            yield source.get(part.key, sha256=part.sha256)

    with home.database.begin() as connection:
        load(connection, parts)
        values = {"id": record.home_id, "market": json.dumps(record.market.to_json()), "store": home.store.url}
        connection.execute(identity.insert(), [{"name": name, "value": value} for name, value in values.items()])
    return copied, _without_objects(home)


def _record_of(home: Home) -> HomeRecord:
    record = read_database_record(home.database) or read_store_record(home.store)
    if record is None:
        raise HomeError(f"the home {home.names.database} has no identity yet: `coin-models retrain` writes it")
    return record


def _claim(target: ObjectStore, record: HomeRecord) -> None:
    written = write_store_record(target, record)
    if written.home_id != record.home_id:
        raise HomeError(
            f"{target.url} holds another home ({written.home_id[:8]}, this one is {record.home_id[:8]}); "
            "name an empty folder or bucket, or one that holds backups of this home"
        )


def _store_tables(
    database: Database, target: ObjectStore, stamp: str, advance: Advance
) -> dict[str, tuple[PartRecord, ...]]:
    tables: dict[str, tuple[PartRecord, ...]] = {}
    for part in dump(database):
        before = tables.get(part.table, ())
        key = keys.backup_part(stamp, part.table, len(before))
        target.put(key, part.data)
        tables[part.table] = (*before, PartRecord(key=key, num_rows=part.num_rows, sha256=sha256_hex(part.data)))
        advance(f"table {part.table}", sum(each.num_rows for each in tables[part.table]), 0)
    return tables


def _require_empty(home: Home, record: HomeRecord) -> None:
    in_database, in_store = read_database_record(home.database), read_store_record(home.store)
    with home.database.read() as connection:
        has_versions = connection.execute(select(model_versions.c.id).limit(1)).first() is not None
    if has_versions or in_database is not None:
        raise HomeError(
            f"{home.names.database} is in use: a backup is restored into an empty home; name another (COIN_MODELS_HOME, "
            "COIN_MODELS_DATABASE_URL)"
        )
    check_market(market_of(home.settings), record, f"the backup of {record.home_id[:8]}", home.names)
    is_other = in_store.home_id != record.home_id if in_store else bool(home.store.list(keys.MODELS))
    if is_other:
        raise HomeError(
            f"{home.store.url} holds models of another home: a backup is restored into an empty one; name another store"
        )


def _without_objects(home: Home) -> list[str]:
    there = {info.key for info in home.store.list(keys.MODELS)}
    columns = model_versions.c
    with home.database.read() as connection:
        rows = connection.execute(select(columns.id, columns.weights_key, columns.manifest_key)).all()
    return [row.id for row in rows if not {row.weights_key, row.manifest_key} <= there]

"""Moves a home into another database and another store: the tables, the marks of both sides, and the comparison at the end.

The origin is marked first, so that nothing works on it any more; the target is marked until everything in it was compared.
Every step is idempotent: after a kill the same call continues. Objects are copied by copying.py, Dagster's history by
defs/instance/moved_history.py.
"""

from collections.abc import Iterator
from dataclasses import replace

from coin_models.db.dump import clear, count_rows, digest_tables, dump_table, load
from coin_models.db.engine import Database
from coin_models.errors import HomeError
from coin_models.home.belonging import check_market
from coin_models.home.copying import Advance
from coin_models.home.market import market_of
from coin_models.home.opening import Home
from coin_models.home.records import (
    HomeRecord,
    read_database_record,
    read_store_record,
    write_database_record,
    write_store_record,
)
from coin_models.storage import keys


def check_move(origin: Home, target: Home) -> bool:
    """Whether the target holds the whole of the origin, from an earlier move; changes nothing.

    Raises:
        HomeError: the origin has no identity, is unfinished, or moves elsewhere; the target is of another market or holds
            another history.
    """
    record, there = _record_of(origin), read_database_record(target.database)
    if origin.database.url == target.database.url:
        raise HomeError(f"{target.database.url} is the database of this home; name another one")
    if record.moved_to not in (None, target.database.url):
        raise HomeError(
            f"this home moves, or has moved, to {record.moved_to}, not to {target.database.url}: continue there, or take the "
            "mark off with `coin-models home adopt`"
        )
    check_market(market_of(target.settings), record, f"the home in {origin.database.url}", target.names)
    _check_store(origin, target, record)
    if there is None:
        if any(count_rows(target.database).values()):
            raise HomeError(f"{_other(target.database.url)}: its tables have rows, and do not say of which home")
        return False
    if there.home_id != record.home_id:
        raise HomeError(f"{_other(target.database.url)} ({there.home_id[:8]}, this one is {record.home_id[:8]})")
    if there.moved_from is not None:
        if there.moved_from != origin.database.url:
            raise HomeError(f"{target.database.url} is being filled from {there.moved_from}, not from this home")
        return False
    if record.moved_to is None:
        raise HomeError(
            f"{target.database.url} holds a copy of this home that is in use, such as a restored backup: continue with one of "
            "the two, or name an empty database"
        )
    return True


def mark_origin(origin: Home, target: Home) -> None:
    """From now on every command but the move and `home adopt` refuses the origin."""
    record = _record_of(origin)
    write_database_record(origin.database, replace(record, moved_to=target.database.url), replace=True)


def unmark_origin(origin: Home) -> None:
    """The origin is used as before."""
    write_database_record(origin.database, replace(_record_of(origin), moved_to=None), replace=True)


def mark_target(origin: Home, target: Home) -> None:
    """Until `finish_move`, every command refuses the target."""
    record = _record_of(origin)
    write_store_record(target.store, record)
    begun = replace(record, store_url=target.store.url, moved_to=None, moved_from=origin.database.url)
    write_database_record(target.database, begun, replace=True)


def move_tables(origin: Home, target: Home, advance: Advance) -> None:
    """Fills the tables of the target in one transaction; does nothing where they are equal."""
    if differing_tables(origin.database, target.database, advance):
        with target.database.begin() as connection:
            clear(connection)
            load(connection, lambda table: _parts(origin.database, table, advance))


def differing_tables(origin: Database, target: Database, advance: Advance) -> list[str]:
    """Names of the tables whose rows are not the same, whatever their order."""
    digests = [
        digest_tables(database, lambda table, rows: advance(f"comparing {table}", rows, 0))
        for database in (origin, target)
    ]
    return [table for table, digest in digests[0].items() if digests[1][table] != digest]


def finish_move(origin: Home, target: Home, advance: Advance) -> None:
    """Takes the target's mark off, if its tables are the origin's.

    Raises:
        HomeError: something wrote to one of them meanwhile.
    """
    differing = differing_tables(origin.database, target.database, advance)
    if differing:
        raise HomeError(
            f"the home in {origin.database.url} changed while it moved ({', '.join(differing)}): end what works on it, then "
            "repeat the command"
        )
    record = _record_of(origin)
    write_database_record(target.database, replace(record, store_url=target.store.url, moved_to=None), replace=True)


def _record_of(home: Home) -> HomeRecord:
    record = read_database_record(home.database)
    if record is None:
        raise HomeError(f"the home {home.names.database} has no identity yet: `coin-models retrain` writes it")
    if record.is_rebuilding or record.moved_from is not None:
        raise HomeError(
            f"the database {home.names.database} is not whole: finish its rebuild, or the move into it, first"
        )
    return record


def _check_store(origin: Home, target: Home, record: HomeRecord) -> None:
    if origin.store.url == target.store.url:  # the database alone moves
        return
    there = read_store_record(target.store)
    is_other = there.home_id != record.home_id if there else bool(target.store.list(keys.MODELS))
    if is_other:
        raise HomeError(f"{_other(target.store.url)}: it has models, or the identity, of another")


def _other(url: str) -> str:
    return (
        f"{url} holds a different history; a home moves into an empty database and an empty store, or its own backup's"
    )


def _parts(database: Database, table: str, advance: Advance) -> Iterator[bytes]:
    rows, total = 0, count_rows(database, table)[table]
    for part in dump_table(database, table):
        yield part.data
        rows += part.num_rows
        advance(f"table {table}", rows, total)

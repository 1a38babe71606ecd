"""A dump of every table fills another database with the same rows, whichever of the two kinds each is."""

from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import groupby

import pytest
from sqlalchemy import insert, select, update

from coin_models.db.dump import clear, count_rows, digest_tables, dump, dump_table, dumped_tables, load
from coin_models.db.engine import Database
from coin_models.db.opening import empty_database
from coin_models.db.schema import outbox, requests
from coin_models.db.tables import whole_metadata
from coin_models.errors import DatabaseError
from coin_models_tests.backends import Backend
from coin_models_tests.db.filled import DAY, contents, fill

NOW = datetime(2026, 3, 10, 2, tzinfo=UTC)


def parts_of(database: Database, rows_a_part: int = 1) -> dict[str, list[bytes]]:
    parts = groupby(dump(database, rows_a_part=rows_a_part), key=lambda part: part.table)
    return {table: [part.data for part in group] for table, group in parts}


def filled(database: Database) -> Database:
    database.transact(fill)
    return database


def test_every_table_is_dumped_but_those_of_what_is_alive() -> None:
    assert set(whole_metadata().tables) - {table.name for table in dumped_tables()} == {
        "leases",
        "workers",
        "control_plane",
        "identity",
    }


def test_the_rows_are_the_same_from_sqlite_in_either(database: Database) -> None:
    origin = filled(empty_database())
    parts = parts_of(origin)

    with database.begin() as connection:
        counts = load(connection, lambda table: parts.get(table, []))

    assert contents(database) == contents(origin)
    assert counts == {table.name: 1 for table in dumped_tables()}


def test_the_rows_are_the_same_from_postgresql(stack: Backend) -> None:
    origin, target = stack.open_database(), empty_database()
    parts = parts_of(filled(origin))

    with target.begin() as connection:
        load(connection, lambda table: parts.get(table, []))

    assert contents(target) == contents(origin)
    origin.close()


def test_children_are_read_before_their_parents() -> None:
    order = list(parts_of(filled(empty_database())))

    for table in dumped_tables():
        parents = {key.column.table.name for key in table.foreign_keys} - {table.name}
        assert all(order.index(table.name) < order.index(parent) for parent in parents)


def test_numbers_continue_after_those_of_the_dump(database: Database) -> None:
    parts = parts_of(filled(empty_database()))
    row = {"first_day": DAY, "asked_by": "test", "asked_at": contents(empty_filled())["requests"][0][5]}

    with database.begin() as connection:
        load(connection, lambda table: parts.get(table, []))
        connection.execute(insert(requests).values(row))
        numbers = connection.execute(select(requests.c.id).order_by(requests.c.id)).scalars().all()

    assert list(numbers) == [41, 42]


def empty_filled() -> Database:
    return filled(empty_database())


def test_a_table_that_has_rows_is_not_filled() -> None:
    database = empty_filled()

    def none(_table: str) -> Iterable[bytes]:
        return []

    with (
        pytest.raises(DatabaseError, match="has rows: a backup is restored into an empty database"),
        database.begin() as held,
    ):
        load(held, none)


def test_many_rows_are_several_parts() -> None:
    database = empty_database()
    row = {"first_day": DAY, "asked_by": "test", "asked_at": contents(empty_filled())["requests"][0][5]}
    with database.begin() as connection:
        connection.execute(insert(requests), [row] * 5)

    assert [part.num_rows for part in dump(database, rows_a_part=2)] == [2, 2, 1]


def with_odd_numbers(database: Database) -> Database:
    payload = {"b": 1e16, "a": [-0.0, 1e-7, True, None], "\u00e9": {"z": 1.0, "c": 2}}
    row = {"channel": "c", "kind": "k", "payload": payload, "created_at": NOW, "not_before": NOW}
    with database.begin() as connection:
        connection.execute(insert(outbox), [row | {"event_key": key} for key in ("b", "A", "a")])
    return database


def digests(database: Database) -> dict[str, tuple[int, int]]:
    return digest_tables(database, lambda _table, _rows: None)


def test_digests_are_the_same_whatever_the_database_makes_of_order_keys_and_numbers(stack: Backend) -> None:
    origin, target = with_odd_numbers(empty_filled()), stack.open_database()

    with target.begin() as connection:
        load(connection, lambda table: (part.data for part in dump_table(origin, table)))

    assert digests(target) == digests(origin)
    assert digests(origin)["outbox"][0] == count_rows(origin, "outbox")["outbox"] == 4
    target.close()


def test_another_value_is_another_digest() -> None:
    database = empty_filled()
    before = digests(database)
    with database.begin() as connection:
        connection.execute(update(outbox).values(attempts=outbox.c.attempts + 1))

    assert {table for table, digest in digests(database).items() if digest != before[table]} == {"outbox"}


def test_cleared_tables_have_no_rows_and_can_be_filled_again() -> None:
    database = empty_filled()
    parts = parts_of(database)

    with database.begin() as connection:
        clear(connection)
    emptied = sum(count_rows(database).values())
    with database.begin() as connection:
        load(connection, lambda table: parts.get(table, []))

    assert emptied == 0
    assert contents(database) == contents(empty_filled())

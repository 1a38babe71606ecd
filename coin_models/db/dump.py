"""The tables as portable text and back: the same from SQLite and PostgreSQL, a JSON object a row, in packed parts.

Children are read before their parents. Rows are never removed while a backup reads, so whatever a row that was read refers to
is still there when its table is read, without one snapshot over all tables.
"""

import base64
import gzip
import hashlib
import io
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Column, Connection, Date, LargeBinary, Table, delete, func, insert, select, text

from coin_models.db.engine import Database
from coin_models.db.tables import whole_metadata
from coin_models.db.types import UtcDateTime
from coin_models.errors import DatabaseError

_TRANSIENT: Final = frozenset({"leases", "workers", "control_plane", "identity"})
"""What is alive now, and who this database is: neither is of the past."""
_ROWS_A_PART: Final = 20_000


@dataclass(frozen=True, slots=True)
class Part:
    """Some rows of a table."""

    table: str
    num_rows: int
    data: bytes  # gzip of a JSON object a line


def dumped_tables() -> list[Table]:
    """The tables of a dump, in the order in which they are filled: parents first."""
    return [table for table in whole_metadata().sorted_tables if table.name not in _TRANSIENT]


def dump(database: Database, *, rows_a_part: int = _ROWS_A_PART) -> Iterator[Part]:
    """Every row of every table, a part at a time.

    Raises:
        DatabaseError, DatabaseUnavailable: it cannot be read; begin again.
    """
    for table in reversed(dumped_tables()):
        yield from dump_table(database, table.name, rows_a_part=rows_a_part)


def dump_table(database: Database, name: str, *, rows_a_part: int = _ROWS_A_PART) -> Iterator[Part]:
    """Every row of a table, a part at a time; raises as `dump`."""
    table = whole_metadata().tables[name]
    with database.read() as connection:
        result = connection.execution_options(yield_per=rows_a_part).execute(
            select(table).order_by(*table.primary_key.columns)
        )
        for rows in result.partitions(rows_a_part):
            data = gzip.compress("\n".join(_lines_of(table, rows)).encode(), compresslevel=3, mtime=0)
            yield Part(name, len(rows), data)


def digest_tables(database: Database, progress: Callable[[str, int], None]) -> dict[str, tuple[int, int]]:
    """Of each table, how many rows it has and the sum of their digests.

    The same from SQLite and PostgreSQL: they order texts differently, and JSONB orders keys and writes numbers in its own way.
    """
    digests = {}
    for table in dumped_tables():
        num_rows, total = 0, 0
        with database.read() as connection:
            result = connection.execution_options(yield_per=_ROWS_A_PART).execute(select(table))
            for rows in result.partitions(_ROWS_A_PART):
                for row in rows:
                    line = json.dumps(_canonical(_encoded(table, row._mapping)), sort_keys=True)
                    total += int.from_bytes(hashlib.sha256(line.encode()).digest())
                num_rows += len(rows)
                progress(table.name, num_rows)
        digests[table.name] = (num_rows, total)
    return digests


def count_rows(database: Database, *names: str) -> dict[str, int]:
    """How many rows the tables have; without names, all that are dumped."""
    tables = [table for table in dumped_tables() if not names or table.name in names]
    with database.read() as connection:
        return {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one() for table in tables
        }


def clear(connection: Connection) -> None:
    """Empties the tables that a dump fills, children first."""
    for table in reversed(dumped_tables()):
        connection.execute(delete(table))


def load(connection: Connection, parts: Callable[[str], Iterable[bytes]]) -> dict[str, int]:
    """Fills the empty tables; returns the rows of each.

    Args:
        connection: of a transaction, so that a kill leaves nothing of it.
        parts: the data of a table's parts, in the order in which they were dumped.

    Raises:
        DatabaseError: a table is not empty.
    """
    counts = {}
    for table in dumped_tables():
        if connection.execute(select(func.count()).select_from(table)).scalar_one():
            raise DatabaseError(f"the table {table.name} has rows: a backup is restored into an empty database")
        counts[table.name] = 0
        for data in parts(table.name):
            rows = [_decoded(table, json.loads(line)) for line in _lines(data)]
            if rows:
                connection.execute(insert(table), rows)
            counts[table.name] += len(rows)
        if connection.dialect.name == "postgresql":
            _continue_numbering(connection, table)
    return counts


def _lines(data: bytes) -> Iterator[str]:
    with gzip.open(io.BytesIO(data), "rt", encoding="utf-8") as file:
        yield from file


def _continue_numbering(connection: Connection, table: Table) -> None:
    """The next row is numbered after those that were inserted with their numbers."""
    numbered: Sequence[Column[Any]] = [column for column in table.primary_key.columns if column.autoincrement is True]
    for column in numbered:
        query = text(
            f"SELECT setval(pg_get_serial_sequence('{table.name}', '{column.name}'), "  # noqa: S608 -- names of our own
            f"(SELECT max({column.name}) FROM {table.name}))"
        )
        connection.execute(query)


def _lines_of(table: Table, rows: Iterable[Any]) -> Iterator[str]:
    return (json.dumps(_encoded(table, row._mapping), separators=(",", ":")) for row in rows)


def _canonical(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _canonical(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_canonical(item) for item in value]
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) + 0.0 if is_number else value  # 1e16 and -0.0 come back as 10000000000000000 and 0.0


def _encoded(table: Table, row: Any) -> dict[str, Any]:
    return {column.name: _text_of(row[column.name]) for column in table.columns if row[column.name] is not None}


def _text_of(value: Any) -> Any:
    if isinstance(value, date):  # datetime is one
        return value.isoformat()
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value


def _decoded(table: Table, row: dict[str, Any]) -> dict[str, Any]:
    return {column.name: _value_of(column, row.get(column.name)) for column in table.columns}


def _value_of(column: Column[Any], value: Any) -> Any:
    if value is None:
        return None
    if isinstance(column.type, UtcDateTime):
        return datetime.fromisoformat(value)
    if isinstance(column.type, Date):
        return date.fromisoformat(value)
    return base64.b64decode(value) if isinstance(column.type, LargeBinary) else value

"""The tables as portable text and back: the same from SQLite and PostgreSQL, a JSON object a row, in packed parts.

Children are read before their parents. Rows are never removed while a backup reads, so whatever a row that was read refers to
is still there when its table is read, without one snapshot over all tables.
"""

import base64
import gzip
import io
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Column, Connection, Date, LargeBinary, Table, func, insert, select, text

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
        with database.read() as connection:
            result = connection.execution_options(yield_per=rows_a_part).execute(
                select(table).order_by(*table.primary_key.columns)
            )
            for rows in result.partitions(rows_a_part):
                lines = (json.dumps(_encoded(table, row._mapping), separators=(",", ":")) for row in rows)
                data = gzip.compress("\n".join(lines).encode(), compresslevel=3, mtime=0)
                yield Part(table.name, len(rows), data)


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

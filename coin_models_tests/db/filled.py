"""A row in every table, made from the columns' types, so that a new table or column is tested by itself."""

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Boolean, Column, Connection, Date, Double, Integer, LargeBinary, Table, insert, select

from coin_models.db.dump import dumped_tables
from coin_models.db.engine import Database
from coin_models.db.types import JsonValue, UtcDateTime

DAY = date(2024, 8, 15)


def fill(connection: Connection) -> None:
    """Puts a row into every table that is dumped; what refers to a row refers to that one."""
    for table in dumped_tables():
        connection.execute(insert(table).values({column.name: _value(column) for column in table.columns}))


def contents(database: Database) -> dict[str, list[tuple[Any, ...]]]:
    """All rows of every table that is dumped."""
    with database.read() as connection:
        return {table.name: _rows(connection, table) for table in dumped_tables()}


def _rows(connection: Connection, table: Table) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key.columns))]


def _value(column: Column[Any]) -> Any:
    if column.name == "parent_id":
        return None
    for reference in column.foreign_keys:
        return _value(reference.column)
    if isinstance(column.type, JsonValue):
        return {"a": [1, None, 0.1], "\u00e9": "\u2028"}
    values: dict[type, Any] = {
        UtcDateTime: datetime(2024, 8, 15, 1, 2, 3, 456789, tzinfo=UTC),
        Date: DAY,
        Double: 0.1,
        Boolean: True,
        LargeBinary: b"\x00\xff",
        Integer: 41,
    }
    return next((value for kind, value in values.items() if isinstance(column.type, kind)), column.name[:8])

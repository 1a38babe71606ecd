"""INSERT that says what happens to an existing row, in the same form for SQLite and PostgreSQL.

The dialect is imported on first use: PostgreSQL's, with its asynchronous drivers, costs every command on SQLite a tenth
of a second.
"""

from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Table

if TYPE_CHECKING:
    from sqlalchemy.dialects.postgresql import Insert


def insert_for(connection: Connection, table: Table) -> "Insert":
    """An INSERT into the table with `on_conflict_do_nothing` and `on_conflict_do_update`."""
    statement: Any
    if connection.dialect.name == "postgresql":
        from sqlalchemy.dialects import postgresql

        statement = postgresql.insert(table)
    else:
        from sqlalchemy.dialects import sqlite

        statement = sqlite.insert(table)
    insert: Insert = statement
    return insert

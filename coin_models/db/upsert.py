"""INSERT that says what happens to a row that is there already: the same words on SQLite and PostgreSQL.

Belongs here: the statement of the back end at hand. Its dialect is imported when it is asked for: PostgreSQL's, with its
asynchronous drivers, costs every command on SQLite a tenth of a second. Not here: any table's own statements.
"""

from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Table

if TYPE_CHECKING:
    from sqlalchemy.dialects.postgresql import Insert


def insert_for(connection: Connection, table: Table) -> "Insert":
    """An INSERT into the table with `on_conflict_do_nothing` and `on_conflict_do_update`."""
    found: Any
    if connection.dialect.name == "postgresql":
        from sqlalchemy.dialects import postgresql

        found = postgresql.insert(table)
    else:
        from sqlalchemy.dialects import sqlite

        found = sqlite.insert(table)
    insert: Insert = found
    return insert

"""Rows of leases, as the tests of the database write them."""

from datetime import UTC, datetime

from sqlalchemy import Connection, insert

from coin_models.db.schema import leases

NOON = datetime(2024, 8, 15, 12, 0, 0, 123456, tzinfo=UTC)


def add_lease(connection: Connection, name: str = "a", token: int = 0, at: datetime = NOON) -> None:
    values = {"name": name, "session_id": "s", "token": token, "acquired_at": at, "expires_at": at}
    connection.execute(insert(leases).values(**values))

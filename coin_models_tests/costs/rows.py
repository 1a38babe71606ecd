"""Rows of sessions and attempts, written to a database."""

from datetime import timedelta

from sqlalchemy import insert

from coin_models.db.engine import Database
from coin_models.db.schema import attempts, sessions
from coin_models_tests.costs.builders import DAY, NIGHT


def add_session(database: Database, name: str, *, days_later: int = 0, **changes: object) -> None:
    started = NIGHT + timedelta(days=days_later)
    row = {
        "id": name, "machine": "m", "provider": "runpod", "market": "spot", "gpu": None, "price_usd_per_hour": 0.2,
        "process_id": 1, "host": "h", "code_version": "c", "started_at": started, "heartbeat_at": started,
    }  # fmt: skip
    with database.begin() as connection:
        connection.execute(insert(sessions).values({**row, **changes}))


def add_attempt(database: Database, session_id: str, coin: str, days_later: int = 0, **changes: object) -> None:
    row = {
        "coin": coin, "day": DAY + timedelta(days=days_later), "session_id": session_id, "outcome": "done",
        "started_at": NIGHT, "useful_seconds": 5.0,
    }  # fmt: skip
    with database.begin() as connection:
        connection.execute(insert(attempts).values({**row, **changes}))

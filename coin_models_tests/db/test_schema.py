"""Tables: rows that contradict others are refused on both back ends."""

from datetime import date

import pytest
from sqlalchemy import insert

from coin_models.db.engine import Database
from coin_models.db.schema import model_versions
from coin_models.errors import DatabaseError
from coin_models_tests.db.lease_rows import NOON, add_lease


def test_a_row_that_points_at_nothing_is_refused(database: Database) -> None:
    values = {
        "id": "v", "coin": "BTC", "day": date(2024, 8, 15), "fingerprint": "f", "architecture_digest": "a",
        "weights_key": "w", "weights_sha256": "w", "manifest_key": "m", "manifest_sha256": "m", "metrics": {},
        "code_version": "c", "created_at": NOON, "resumed": False, "fit_seconds": 1.0, "num_steps": 1,
    }  # fmt: skip

    with pytest.raises(DatabaseError, match=r"(?i)foreign key"), database.begin() as connection:
        connection.execute(insert(model_versions).values(**values, parent_id="no-such-version"))


def test_two_leases_of_one_name_are_refused(database: Database) -> None:
    with database.begin() as connection:
        add_lease(connection)

    with pytest.raises(DatabaseError, match=r"(?i)unique"), database.begin() as connection:
        add_lease(connection)

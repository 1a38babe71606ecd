"""Fresh repositories of operations on both back ends, with a fixed clock."""

from datetime import UTC, datetime

import pytest

from coin_models.clock import FixedClock
from coin_models.db.engine import Database
from coin_models_tests.operations.repositories import Books


@pytest.fixture
def books(database: Database) -> Books:
    return Books(database, FixedClock(datetime(2026, 3, 11, 2, 0, tzinfo=UTC)))

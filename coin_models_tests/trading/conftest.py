"""Fixture: a database that knows the versions of the shadow days."""

from pathlib import Path

import pytest

from coin_models.db.engine import Database
from coin_models_tests.trading.database import open_in
from coin_models_tests.trading.shadow_days import VERSIONS


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return open_in(tmp_path, [(version.version_id, "BTC", version.day) for version in VERSIONS])

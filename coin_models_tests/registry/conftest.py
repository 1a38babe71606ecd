"""Fixture: the registry on both back ends."""

import pytest

from coin_models.db.engine import Database
from coin_models.registry.registry import Registry
from coin_models.storage.object_store import ObjectStore


@pytest.fixture
def registry(database: Database, store: ObjectStore) -> Registry:
    return Registry(database, store)

"""Stores for the tests of storage."""

import itertools
from collections.abc import Callable
from pathlib import Path

import pytest

from coin_models.storage.local import LocalStore
from coin_models.storage.memory import MemoryStore
from coin_models.storage.object_store import ObjectStore


@pytest.fixture
def make_store(tmp_path: Path) -> Callable[[str], ObjectStore]:
    """A new, empty store at each call."""
    numbers = itertools.count()

    def make(name: str) -> ObjectStore:
        return MemoryStore() if name == "memory" else LocalStore(tmp_path / f"store{next(numbers)}")

    return make

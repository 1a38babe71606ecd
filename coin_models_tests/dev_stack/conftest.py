"""The stack of the test session."""

from pathlib import Path

import pytest

from coin_models_tests import backends


@pytest.fixture
def stack_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the session's stack keeps its files."""
    return backends.stack_folder(tmp_path_factory)

"""Fixtures that several packages share: the back ends. Other fixtures are in their package's conftest."""

import gc
import os
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

from coin_models.db.engine import Database
from coin_models.dev_stack.stack import StackAccess
from coin_models.logs import use_format
from coin_models.redaction import forget_secrets
from coin_models.storage.object_store import ObjectStore
from coin_models_tests import backends
from coin_models_tests.backends import Backend

# The same examples each time: a landing is not for finding new ones. HYPOTHESIS_PROFILE=default draws others.
# No deadline: how long an example takes depends on what else the machine does.
hypothesis.settings.register_profile("steady", derandomize=True, deadline=None)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))

TESTS_DATA = "COIN_MODELS_TESTS_DATA"  # where the real candles are: of the tests, not of the product


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """Takes eight thousand test items out of later collections of garbage: each fit ends with one."""
    gc.freeze()


@pytest.fixture(autouse=True)
def own_environment() -> Iterator[None]:
    """No test sees the settings of its user, nor those that another test left (`defs/instance/home.py` exports one)."""
    before = dict(os.environ)
    for name in [name for name in before if name.startswith("COIN_MODELS_") and name != TESTS_DATA]:
        del os.environ[name]
    yield
    os.environ.clear()
    os.environ.update(before)
    forget_secrets()
    use_format("text")


@pytest.fixture(scope="session")
def stack_access(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StackAccess]:
    """A real PostgreSQL and a real S3 server, one pair for all workers of the session."""
    with backends.shared_stack(backends.stack_folder(tmp_path_factory)) as access:
        yield access


@pytest.fixture(scope="session")
def stack_database_url(stack_access: StackAccess, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """This worker's database on the stack, with its tables."""
    with backends.migrated_database(stack_access, tmp_path_factory.mktemp("home")) as url:
        yield url


@pytest.fixture
def embedded(tmp_path: Path) -> Backend:
    """SQLite and a folder."""
    return backends.embedded_backend(tmp_path / "home")


@pytest.fixture
def stack(stack_access: StackAccess, stack_database_url: str, tmp_path: Path) -> Backend:
    """PostgreSQL and S3."""
    return backends.emptied_backend(stack_access, stack_database_url, tmp_path / "home")


@pytest.fixture(params=[backends.EMBEDDED, backends.STACK])
def backend(request: pytest.FixtureRequest) -> Backend:
    """Both, one after the other."""
    chosen = request.getfixturevalue(request.param)
    assert isinstance(chosen, Backend)
    return chosen


@pytest.fixture
def database(backend: Backend) -> Iterator[Database]:
    """An empty database with its tables, on both back ends."""
    opened = backend.open_database()
    yield opened
    opened.close()


@pytest.fixture
def store(backend: Backend) -> ObjectStore:
    """An empty object store, on both back ends."""
    return backend.build_store()

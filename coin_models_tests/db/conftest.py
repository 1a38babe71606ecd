"""A database without tables on each back end."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from coin_models.settings.root import Settings
from coin_models_tests import backends


@pytest.fixture(params=[backends.EMBEDDED, backends.STACK])
def bare(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Settings]:
    """Settings of a database without tables."""
    if request.param == backends.EMBEDDED:
        yield Settings(home=tmp_path)
        return
    with backends.fresh_database(request.getfixturevalue("stack_access")) as url:
        yield Settings(home=tmp_path, source="demo", database_url=SecretStr(url))

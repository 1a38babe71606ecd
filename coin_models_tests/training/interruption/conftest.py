"""Fixture: a metadata service on loopback."""

from collections.abc import Iterator

import pytest

from coin_models_tests.training.interruption.metadata_service import Metadata


@pytest.fixture
def metadata() -> Iterator[Metadata]:
    service = Metadata()
    yield service
    service.close()

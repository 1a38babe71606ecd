"""A world with candles, and what an uninterrupted retraining of it gives."""

from pathlib import Path

import pytest

from coin_models_tests.pipeline.killable import World


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = World(tmp_path / "home")
    made.fetch()
    return made


@pytest.fixture(scope="session")
def uninterrupted(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    peaceful = World(tmp_path_factory.mktemp("peaceful"))
    peaceful.fetch()
    peaceful.live()
    return peaceful.weights()


@pytest.fixture
def four_coins(tmp_path: Path) -> World:
    made = World(tmp_path / "home", coins=("BTC", "ETH", "SOL", "XRP"))
    made.fetch()
    return made

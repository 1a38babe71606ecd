"""From a coin's name to the model that forecasts it."""

import pytest

from coin_models.errors import (
    NoHome,
    RegistryError,
)
from coin_models.registry.champion import load_champion
from coin_models.registry.champions import ChampionLog
from coin_models.registry.registry import Registry
from coin_models_tests.backends import Backend
from coin_models_tests.registry import builders
from coin_models_tests.registry.builders import decision


def test_a_champion_is_loaded_by_its_coins_name(backend: Backend) -> None:
    database = backend.open_database()
    version = Registry(database, backend.build_store()).publish(builders.bundle(), lease=None)
    ChampionLog(database).decide(decision(version.id, "promote"))
    database.close()

    assert load_champion("BTC", settings=backend.settings).version_id == version.id
    assert load_champion("btc", settings=backend.settings).version_id == version.id


def test_a_coin_without_champion_says_what_to_do(embedded: Backend) -> None:
    embedded.open_database().close()
    with pytest.raises(RegistryError, match=r"BTC has no champion.*`coin-models models list --coins BTC` shows them"):
        load_champion("BTC", settings=embedded.settings)


def test_a_champion_of_a_home_that_is_not_there_is_refused_and_none_is_made(embedded: Backend) -> None:
    with pytest.raises(NoHome, match="no home at"):
        load_champion("BTC", settings=embedded.settings)

    assert not embedded.settings.home.exists()

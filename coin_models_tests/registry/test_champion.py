"""From a coin's name to the model that forecasts it."""

from datetime import timedelta

import pytest

from coin_models.errors import (
    NoHome,
    RegistryError,
)
from coin_models.registry.champion import load_champion, load_model
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


def test_without_a_champion_the_reference_of_the_newest_version_forecasts_and_says_so(backend: Backend) -> None:
    database = backend.open_database()
    registry = Registry(database, backend.build_store())
    registry.publish(builders.bundle(day=builders.DAY - timedelta(days=1), fingerprint="e" * 64), lease=None)
    newest = registry.publish(builders.with_reference(network_share=0.5), lease=None)
    database.close()

    model = load_champion("BTC", settings=backend.settings)

    assert (model.version_id, model.forecaster) == (newest.id, "reference")


def test_a_coin_that_nothing_forecasts_says_what_to_do(embedded: Backend) -> None:
    embedded.open_database().close()
    with pytest.raises(RegistryError, match=r"nothing forecasts BTC.*`coin-models models list --coins BTC` shows its"):
        load_champion("BTC", settings=embedded.settings)


def test_a_coin_that_is_not_in_the_universe_is_named_with_those_that_are(embedded: Backend) -> None:
    embedded.open_database().close()
    with pytest.raises(
        RegistryError, match=r"no model forecasts DOGEX: DOGEX is not in the universe \(BTC, .*mean DOGE"
    ):
        load_champion("DOGEX", settings=embedded.settings)


def test_a_champion_of_a_home_that_is_not_there_is_refused_and_none_is_made(embedded: Backend) -> None:
    with pytest.raises(NoHome, match="no home at"):
        load_champion("BTC", settings=embedded.settings)

    assert not embedded.settings.home.exists()


def test_the_model_of_a_day_is_that_days_newest_version(backend: Backend) -> None:
    database = backend.open_database()
    registry = Registry(database, backend.build_store())
    earlier = builders.DAY - timedelta(days=1)
    wanted = registry.publish(builders.bundle(day=earlier, fingerprint="e" * 64), lease=None)
    registry.publish(builders.bundle(), lease=None)
    database.close()

    assert load_model("btc", earlier, settings=backend.settings).version_id == wanted.id
    with pytest.raises(RegistryError, match=r"no model of ETH is published for 2.*`coin-models models list` shows"):
        load_model("ETH", earlier, settings=backend.settings)

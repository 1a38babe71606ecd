"""Who forecasts which coin, in two queries, loaded once per content."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from coin_models.db.engine import Database
from coin_models.db.opening import open_database
from coin_models.errors import ModelDamaged, RegistryError
from coin_models.registry.champions import ChampionLog
from coin_models.registry.models_in_use import ModelsInUse
from coin_models.registry.registry import Registry
from coin_models.registry.versions import ModelVersion
from coin_models.settings.root import Settings
from coin_models.storage.memory import MemoryStore
from coin_models_tests.registry import builders

EARLIER = builders.DAY - timedelta(days=1)


class CountingStore(MemoryStore):
    """Counts what is read."""

    num_reads = 0

    def get(self, key: str, *, sha256: str | None = None) -> bytes:
        self.num_reads += 1
        return super().get(key, sha256=sha256)


class World:
    """A registry in memory."""

    def __init__(self, database: Database) -> None:
        self.log, self.store = ChampionLog(database), CountingStore()
        self.registry = Registry(database, self.store)
        self.models = ModelsInUse(self.log, self.registry)

    def publish(self, coin: str = "BTC", *, crowned: bool = True, fingerprint: str = "f") -> ModelVersion:
        architecture = builders.referring_architecture()
        made = builders.bundle(coin, fingerprint=fingerprint * 64, seed=ord(fingerprint), architecture=architecture)
        version = self.registry.publish(made, lease=None)
        if crowned:
            self.log.decide(builders.decision(version.id, "promote", coin=coin))
        return version


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    database = open_database(Settings(home=tmp_path))
    yield World(database)
    database.close()


def test_champions_and_references_are_read_together_and_every_coin_is_accounted_for(world: World) -> None:
    champion, newest = world.publish("BTC"), world.publish("ETH", crowned=False)

    in_use = world.models.read(["BTC", "ETH", "SOL"])

    assert {coin: (one.version.id, one.model.forecaster) for coin, one in in_use.models.items()} == {
        "BTC": (champion.id, "champion"), "ETH": (newest.id, "reference")
    }  # fmt: skip
    assert {coin: type(error) for coin, error in in_use.failures.items()} == {"SOL": RegistryError}


def test_what_is_in_memory_is_not_loaded_again_and_a_new_champion_is(world: World) -> None:
    world.publish()
    first = world.models.one("BTC").model
    reads = world.store.num_reads

    assert world.models.one("BTC").model is first
    assert world.store.num_reads == reads
    second = world.publish(fingerprint="e")
    assert world.models.one("BTC").version == second
    assert world.models.one("BTC").model is not first


def test_without_a_champion_a_version_of_an_earlier_day_that_was_published_later_does_not_forecast(
    world: World,
) -> None:
    newest = world.publish(crowned=False)
    world.registry.publish(
        builders.bundle(day=EARLIER, fingerprint="a" * 64, created_at=builders.NOW + timedelta(hours=1)), lease=None
    )

    assert world.models.one("BTC").version == newest


def test_a_version_without_a_reference_forecasts_as_champion_alone(world: World) -> None:
    version = world.registry.publish(builders.bundle(), lease=None)
    with pytest.raises(RegistryError, match="nothing forecasts BTC"):
        world.models.one("BTC")

    world.log.decide(builders.decision(version.id, "promote"))
    assert world.models.one("BTC").model.forecaster == "champion"


def test_a_damaged_version_fails_alone_and_is_read_again_the_next_time(world: World) -> None:
    damaged, sound = world.publish("BTC"), world.publish("ETH")
    content = world.store.get(damaged.weights_key)
    world.store.put(damaged.weights_key, content[:-1])

    in_use = world.models.read(["BTC", "ETH"])

    assert (list(in_use.models), in_use.models["ETH"].version) == (["ETH"], sound)
    assert isinstance(in_use.failures["BTC"], ModelDamaged)
    world.store.put(damaged.weights_key, content)
    assert world.models.one("BTC").version == damaged

"""Whose references are pooled, and what the pool's model says of itself."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from coin_models.db.opening import open_database
from coin_models.models.pooled import pooled_reference
from coin_models.models.reference import Reference
from coin_models.registry.bundle import Manifest
from coin_models.registry.pool import MAX_COINS, read_pool
from coin_models.registry.registry import Registry
from coin_models.registry.versions import ModelVersion
from coin_models.settings.root import Settings
from coin_models.storage.memory import MemoryStore
from coin_models_tests.registry import builders

COINS = ("BTC", "ETH", "SOL")


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Registry]:
    database = open_database(Settings(home=tmp_path))
    yield Registry(database, MemoryStore())
    database.close()


def publish(registry: Registry, coin: str, day: date = builders.DAY, **changes: object) -> ModelVersion:
    architecture = builders.referring_architecture(**changes)
    made = builders.bundle(coin, day, seed=sum(coin.encode()), architecture=architecture)
    return registry.publish(made, lease=None)


def test_the_pool_is_the_mean_of_the_references_and_its_manifest_names_their_versions(registry: Registry) -> None:
    versions = [publish(registry, coin) for coin in COINS]

    pool = read_pool(registry, COINS)
    assert pool is not None
    in_use = pool.model("NEW")

    bundles = [registry.bundle(version) for version in versions]
    expected = pooled_reference([Reference.of_tensors(bundle.weights) for bundle in bundles])
    for name, tensor in expected.tensors().items():
        np.testing.assert_array_equal(in_use.model.bundle.weights[name], tensor)
    assert in_use.model.manifest.coin == in_use.version.coin == "NEW"
    assert in_use.model.manifest.settings == {"pooled_from": [version.id for version in versions]}
    assert in_use.model.forecaster == "pool"
    assert in_use.model.version_id.startswith("pool-2024-08-15-")
    assert Manifest.decode(in_use.model.manifest.encode()).settings == in_use.model.manifest.settings
    assert in_use.model.predict(builders.candles(1200)).coin == "NEW"


def test_the_order_in_which_versions_were_published_changes_no_byte(registry: Registry, tmp_path: Path) -> None:
    other = Registry(open_database(Settings(home=tmp_path / "other")), MemoryStore())
    for coin, reversed_coin in zip(COINS, reversed(COINS), strict=True):
        publish(registry, coin)
        publish(other, reversed_coin)

    pools = [read_pool(one, coins) for one, coins in ((registry, COINS), (other, tuple(reversed(COINS))))]

    made = [pool.model("NEW").model.bundle for pool in pools if pool is not None]
    assert len(made) == 2
    assert made[0].encoded_weights == made[1].encoded_weights
    assert made[0].manifest.encode() == made[1].manifest.encode()


def test_a_version_that_is_old_reads_something_else_or_is_damaged_is_left_out(registry: Registry) -> None:
    versions = {coin: publish(registry, coin) for coin in (*COINS, "ADA", "XRP")}
    publish(registry, "OLD", builders.DAY - timedelta(days=7))
    publish(registry, "FAR", builders.DAY - timedelta(days=1), horizon=24)
    registry._store.put(versions["ADA"].weights_key, b"damaged")

    pool = read_pool(registry, (*COINS, "ADA", "XRP", "OLD", "FAR"))

    assert pool is not None
    assert [version.coin for version in pool.versions] == ["BTC", "ETH", "SOL", "XRP"]


def test_two_coins_are_no_pool_and_of_many_the_first_by_name_are_taken(registry: Registry) -> None:
    for coin in COINS[:2]:
        publish(registry, coin)
    assert read_pool(registry, COINS) is None
    names = [f"C{number:02d}" for number in range(MAX_COINS + 2)]
    for name in names:
        publish(registry, name)

    pool = read_pool(registry, names)

    assert pool is not None
    assert [version.coin for version in pool.versions] == names[:MAX_COINS]


def test_versions_without_a_reference_are_no_pool(registry: Registry) -> None:
    for coin in COINS:
        registry.publish(builders.bundle(coin), lease=None)

    assert read_pool(registry, COINS) is None

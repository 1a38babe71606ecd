"""The rows of the registry, made again from the manifests alone, on both back ends."""

from datetime import timedelta

import pytest
from sqlalchemy import delete

from coin_models.clock import FixedClock
from coin_models.db.engine import Database
from coin_models.db.schema import model_versions
from coin_models.errors import StoreUnavailable
from coin_models.registry.bundle import Bundle
from coin_models.registry.fingerprint import settings_digest
from coin_models.registry.rebuild import AT_ONCE, RebuiltVersions, rebuild_versions
from coin_models.registry.registry import Registry
from coin_models.registry.versions import ModelVersion, Publication, version_id
from coin_models.storage.memory import MemoryStore
from coin_models.storage.object_store import ObjectStore
from coin_models_tests.registry import builders
from coin_models_tests.registry.builders import DAY, NOW

FULL, INCREMENTAL = "a" * 64, "0" * 64
PARENT_DAY = DAY - timedelta(days=3)
PARENT = version_id("BTC", PARENT_DAY, FULL)


def fitted(*arguments: object, **changes: object) -> Bundle:
    """A bundle as a fit makes it: its manifest says the arithmetic."""
    return builders.bundle(*arguments, arithmetic=("cpu avx2",), **changes)  # type: ignore[arg-type]


def publish(registry: Registry, bundle: Bundle) -> ModelVersion:
    manifest = bundle.manifest
    digest = settings_digest(manifest.architecture.to_json(), manifest.settings, manifest.max_fill_candles)
    publication = Publication(bundle=bundle, settings_digest=digest)
    return registry.commit(registry.upload(publication))


def publish_some(registry: Registry) -> list[ModelVersion]:
    """A full retrain, what starts from it, and another coin."""
    for bundle in (
        fitted("BTC", PARENT_DAY, FULL),
        fitted("BTC", DAY, INCREMENTAL, parent_id=PARENT, seed=1),
        fitted("ETH", seed=2),
    ):
        publish(registry, bundle)
    return registry.versions()


def lose(database: Database) -> None:
    with database.begin() as connection:
        connection.execute(delete(model_versions))


def rebuilt(database: Database, store: ObjectStore, at_once: int = AT_ONCE) -> RebuiltVersions:
    return rebuild_versions(database, store, lambda done, total: None, at_once=at_once)


def test_the_rows_are_the_same_as_published(registry: Registry, database: Database, store: ObjectStore) -> None:
    before = publish_some(registry)
    lose(database)

    result = rebuilt(database, store)

    assert (result.num_added, result.num_existing, result.left_out, result.without_parent) == (3, 0, {}, {})
    assert registry.versions() == before
    assert list(registry.verify()) == []


def test_a_second_rebuild_changes_nothing(registry: Registry, database: Database, store: ObjectStore) -> None:
    before = publish_some(registry)

    result = rebuilt(database, store)

    assert (result.num_added, result.num_existing) == (0, 3)
    assert registry.versions() == before


def test_of_several_manifests_the_newest_counts_whose_weights_are_there(
    registry: Registry, database: Database, store: ObjectStore
) -> None:
    bundles = [fitted(seed=seed, created_at=NOW + timedelta(hours=seed)) for seed in (1, 2, 0)]
    versions = [registry.upload(Publication(bundle=bundle)).publication.version() for bundle in bundles]
    store.delete(versions[1].weights_key)

    result = rebuilt(database, store)

    assert [version.weights_sha256 for version in registry.versions()] == [versions[0].weights_sha256]
    assert list(result.left_out) == [versions[1].manifest_key]
    assert "its weights" in result.left_out[versions[1].manifest_key]


@pytest.mark.parametrize("data", [b"{}", b"", b"\xff", builders.manifest(coin="ETH").encode()])
def test_a_manifest_that_is_not_what_its_key_says_is_left_out_and_its_child_has_no_parent(
    registry: Registry, database: Database, store: ObjectStore, data: bytes
) -> None:
    parent = next(version for version in publish_some(registry) if version.id == PARENT)
    lose(database)
    store.put(parent.manifest_key, data)

    result = rebuilt(database, store)

    child = version_id("BTC", DAY, INCREMENTAL)
    assert "it is damaged" in result.left_out[parent.manifest_key]
    assert result.without_parent == {child: PARENT}
    assert {version.id: version.parent_id for version in registry.versions("BTC")} == {child: None}


def test_one_changed_character_is_enough(registry: Registry, database: Database, store: ObjectStore) -> None:
    (version,) = [publish(registry, fitted())]
    lose(database)
    store.put(version.manifest_key, store.get(version.manifest_key).replace(b'"best_epoch": 3', b'"best_epoch": 4'))

    result = rebuilt(database, store)

    assert list(result.left_out) == [version.manifest_key]
    assert registry.versions() == []


def test_an_object_that_the_store_itself_calls_damaged_leaves_the_others(embedded_registry: "Embedded") -> None:
    registry, database, store = embedded_registry.parts
    damaged = publish_some(registry)[0]
    lose(database)
    store.damage(damaged.manifest_key, b"other bytes")

    result = rebuilt(database, store)

    assert list(result.left_out) == [damaged.manifest_key]
    assert result.num_added == 2


def test_weights_without_a_manifest_are_no_version(registry: Registry, database: Database, store: ObjectStore) -> None:
    store.put(Publication(bundle=fitted()).version().weights_key, b"a publication was killed")

    result = rebuilt(database, store)

    assert (result.num_added, result.left_out) == (0, {})


def test_what_coin_models_0_1_published_has_no_digests(
    registry: Registry, database: Database, store: ObjectStore
) -> None:
    registry.upload(Publication(bundle=builders.bundle()))

    rebuilt(database, store)

    (version,) = registry.versions()
    assert (version.candle_digest, version.settings_digest, version.arithmetic) == (None, None, None)


@pytest.mark.parametrize("num_batches", range(1, 4))
def test_after_a_kill_the_next_rebuild_adds_the_rest(embedded_registry: "Embedded", num_batches: int) -> None:
    registry, database, store = embedded_registry.parts
    before = publish_some(registry)
    lose(database)
    embedded_registry.die_at_get(num_batches)

    with pytest.raises(StoreUnavailable):
        rebuilt(database, store, at_once=1)
    partial = registry.versions()
    embedded_registry.die_at_get(None)
    result = rebuilt(database, store)

    assert len(partial) == num_batches - 1
    assert all(version in before for version in partial)
    assert registry.versions() == before
    assert (result.num_added, result.num_existing) == (3 - len(partial), len(partial))


class Embedded:
    """A registry over a store in memory, which can fail."""

    def __init__(self, database: Database) -> None:
        self.store = MemoryStore(clock=FixedClock(NOW))
        self.parts = Registry(database, self.store), database, self.store

    def die_at_get(self, number: int | None) -> None:
        """The store fails at the n-th get from now on, and at all later ones."""
        seen = 0

        def fault(moment: str, key: str) -> None:
            nonlocal seen
            seen += moment == "get"
            if number is not None and seen >= number:
                raise StoreUnavailable("killed")

        self.store.fault = fault


@pytest.fixture
def embedded_registry(database: Database) -> Embedded:
    return Embedded(database)

"""Publishing, finding and verifying model versions, on both back ends."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, update

from coin_models.db.engine import Database
from coin_models.db.lease import LeaseToken
from coin_models.db.opening import open_database
from coin_models.db.schema import leases
from coin_models.errors import (
    DatabaseError,
    LeaseLost,
    ModelDamaged,
    ObjectNotFound,
    RegistryError,
    StoreUnavailable,
)
from coin_models.registry.registry import Registry
from coin_models.registry.versions import Publication
from coin_models.settings.root import Settings
from coin_models.storage.memory import MemoryStore
from coin_models.storage.object_store import ObjectStore
from coin_models_tests.registry import builders
from coin_models_tests.registry.builders import DAY, NOW

LEASE = LeaseToken(name="model/BTC/2024-08-15", session_id="us", token=3)


def hold(database: Database, *, token: int = 3, session_id: str = "us", seconds: float = 30) -> None:
    """The lease's row, as its newest holder left it."""
    row = {"session_id": session_id, "token": token, "acquired_at": NOW, "expires_at": NOW + timedelta(seconds=seconds)}
    with database.begin() as connection:
        if connection.execute(update(leases).where(leases.c.name == LEASE.name).values(**row)).rowcount == 0:
            connection.execute(insert(leases).values(name=LEASE.name, **row))


def test_a_published_version_is_found_and_loaded(registry: Registry) -> None:
    bundle = builders.bundle()
    version = registry.publish(bundle, lease=None, session_id="us", resumed=True, fit_seconds=1.5, num_steps=42)

    assert registry.find("BTC", DAY, "f" * 64) == version
    assert registry.version(version.id) == version
    assert (version.id, version.skill, version.resumed) == ("BTC-2024-08-15-ffffffffffff", 0.0142, True)
    assert version.metrics["validation"]["coverage"] is None
    assert registry.load(version).bundle.encoded_weights == bundle.encoded_weights


def test_publishing_twice_returns_the_first_row_and_writes_no_second(registry: Registry) -> None:
    first = registry.publish(builders.bundle(), lease=None, session_id="one")
    again = registry.publish(builders.bundle(created_at=NOW + timedelta(hours=1)), lease=None, session_id="two")

    assert again == first
    assert registry.versions() == [first]


def test_other_weights_under_a_published_fingerprint_do_not_replace_the_first(registry: Registry) -> None:
    first = registry.publish(builders.bundle(seed=0), lease=None)
    again = registry.publish(builders.bundle(seed=1), lease=None)

    assert again == first
    assert registry.load(first).bundle.encoded_weights == builders.bundle(seed=0).encoded_weights
    assert list(registry.verify()) == []


def test_versions_are_listed_newest_day_first(registry: Registry) -> None:
    for coin, day in (("ETH", DAY), ("BTC", DAY - timedelta(days=1)), ("BTC", DAY)):
        registry.publish(builders.bundle(coin, day), lease=None)

    listed = [(version.coin, version.day.day) for version in registry.versions()]
    assert listed == [("BTC", 15), ("ETH", 15), ("BTC", 14)]
    assert [version.day.day for version in registry.versions("BTC")] == [15, 14]
    assert [version.coin for version in registry.versions(day=DAY)] == ["BTC", "ETH"]


def test_a_version_that_is_not_there_is_said(registry: Registry) -> None:
    assert registry.find("BTC", DAY, "f" * 64) is None
    with pytest.raises(RegistryError, match=r"no model version 'BTC-x'; `coin-models models list`"):
        registry.version("BTC-x")


def test_a_parent_that_is_not_published_is_refused(registry: Registry) -> None:
    with pytest.raises(DatabaseError, match=r"(?i)foreign key"):
        registry.publish(builders.bundle(parent_id="BTC-2024-08-14-ffffffffffff"), lease=None)


@pytest.mark.parametrize("newest", [{"token": 4}, {"session_id": "them"}, {"token": 4, "session_id": "them"}])
def test_who_lost_the_lease_commits_nothing(database: Database, registry: Registry, newest: dict[str, int]) -> None:
    hold(database, **newest)  # type: ignore[arg-type]

    with pytest.raises(LeaseLost, match="nothing was committed"):
        registry.publish(builders.bundle(), lease=LEASE)
    assert registry.versions() == []


@pytest.mark.parametrize("seconds", [60, 0])
def test_who_holds_the_lease_commits_also_when_it_ran_out_and_nobody_took_it(
    database: Database, registry: Registry, seconds: int
) -> None:
    hold(database, seconds=seconds)

    assert registry.publish(builders.bundle(), lease=LEASE, session_id="us") in registry.versions()


def test_each_coin_of_a_group_is_safe_on_its_own(database: Database, registry: Registry) -> None:
    hold(database, token=4)
    coins = ["ETH", "BTC", "SOL"]
    group = [Publication(bundle=builders.bundle(coin), lease=LEASE if coin == "BTC" else None) for coin in coins]

    published = registry.publish_many(group)

    assert sorted(published.versions) == ["ETH", "SOL"]
    assert isinstance(published.failures["BTC"], LeaseLost)
    assert sorted(version.coin for version in registry.versions()) == ["ETH", "SOL"]


def flip_a_bit(store: ObjectStore, key: str) -> None:
    data = bytearray(store.get(key))
    data[len(data) // 2] ^= 1
    store.put(key, bytes(data))


@pytest.mark.parametrize("what", ["weights_key", "manifest_key"])
@pytest.mark.parametrize("how", [flip_a_bit, lambda store, key: store.delete(key)])
def test_a_damaged_version_is_named_is_not_loaded_and_is_repaired_by_publishing_it_again(
    registry: Registry, store: ObjectStore, what: str, how: Callable[[ObjectStore, str], None]
) -> None:
    damaged = registry.publish(builders.bundle(), lease=None)
    sound = registry.publish(builders.bundle("ETH"), lease=None)
    how(store, getattr(damaged, what))

    seen: list[int] = []
    assert [problem.version_id for problem in registry.verify(progress=seen.append)] == [damaged.id]
    assert seen == [1, 2]
    assert registry.load(sound).version_id == sound.id
    with pytest.raises(ModelDamaged, match="--force` retrains it"):
        registry.load(damaged)

    repaired = registry.publish(builders.bundle(created_at=NOW + timedelta(hours=1)), lease=None)
    assert list(registry.verify()) == []
    assert registry.load(repaired).bundle.encoded_weights == builders.bundle().encoded_weights


def test_a_row_whose_manifest_is_of_another_coin_is_named(registry: Registry) -> None:
    bitcoin = registry.publish(builders.bundle(), lease=None)
    mixed = replace(bitcoin, id="ETH-x", coin="ETH")

    assert [problem.reason for problem in registry.verify([mixed])] == ["manifest is of BTC, 2024-08-15"]


class Killed(BaseException):
    """The process is gone."""


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(deaths=st.lists(st.integers(0, 5), max_size=4))
def test_a_kill_at_any_step_of_publishing_is_repaired_by_publishing_again(
    tmp_path_factory: pytest.TempPathFactory, deaths: list[int]
) -> None:
    database = open_database(Settings(home=tmp_path_factory.mktemp("home")))
    countdown = [-10]

    def die(_moment: str, _key: str) -> None:
        countdown[0] -= 1
        if countdown[0] == -1:
            raise Killed

    store = MemoryStore(fault=die)
    registry = Registry(database, store)
    for hour, death in enumerate(deaths):
        countdown[0] = death
        with suppress(Killed):
            registry.publish(builders.bundle(created_at=NOW + timedelta(hours=hour)), lease=None)
        # Whatever happened: what is published is whole.
        countdown[0] = -10
        assert list(registry.verify()) == []
        assert len(registry.versions()) <= 1

    version = registry.publish(builders.bundle(), lease=None)
    assert registry.versions() == [version]
    assert registry.load(version).bundle.encoded_weights == builders.bundle().encoded_weights
    database.close()


def test_a_row_appears_only_after_both_objects(tmp_path: Path) -> None:
    database = open_database(Settings(home=tmp_path))

    def refuse_manifests(moment: str, key: str) -> None:
        if moment == "put" and "manifest" in key:
            raise StoreUnavailable("away")

    registry = Registry(database, MemoryStore(fault=refuse_manifests))
    with pytest.raises(StoreUnavailable):
        registry.publish(builders.bundle(), lease=None)

    assert registry.versions() == []
    database.close()


def test_a_sleeper_that_wakes_up_after_its_lease_was_lost_spoils_nothing(
    database: Database, store: ObjectStore
) -> None:
    registry = Registry(database, store)
    hold(database, token=4, session_id="them")
    theirs = registry.publish(builders.bundle(seed=1), lease=replace(LEASE, token=4, session_id="them"))

    with pytest.raises(LeaseLost):
        registry.publish(builders.bundle(seed=2), lease=LEASE)
    assert registry.load(theirs).bundle.encoded_weights == builders.bundle(seed=1).encoded_weights


def test_an_object_without_a_row_is_no_version(registry: Registry, store: ObjectStore) -> None:
    version = Publication(bundle=builders.bundle()).version()
    store.put(version.weights_key, builders.bundle().encoded_weights)

    assert registry.versions() == []
    with pytest.raises(ObjectNotFound):
        store.get(version.manifest_key)

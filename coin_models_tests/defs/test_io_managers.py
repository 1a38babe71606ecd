"""The I/O managers, as Dagster calls them: fenced, idempotent, and no damaged byte is loaded."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from dagster import (
    AssetKey,
    DailyPartitionsDefinition,
    InputContext,
    OutputContext,
    PartitionKeyRange,
    build_input_context,
    build_output_context,
)

from coin_models.defs.io_managers import CandlesIOManager, ModelIOManager, candles_through
from coin_models.errors import LeaseLost, ModelDamaged, ObjectDamaged, RegistryError
from coin_models.market.asking import CoinCandles
from coin_models.market.candles import Candles
from coin_models.market.store import CoinDays
from coin_models.pipeline.candles import fetch_candles
from coin_models.pipeline.services import Services
from coin_models.registry.versions import Publication
from coin_models.settings.root import Settings
from coin_models.storage.object_store import ObjectStore
from coin_models_tests.registry import builders

DAY = builders.DAY
DAILY = DailyPartitionsDefinition(start_date="2024-01-01", timezone="UTC")
LEASE = f"BTC/{DAY}"


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    with Services(settings=Settings(home=tmp_path / "home", universe=("BTC",))) as opened:
        yield opened


@pytest.fixture
def models(services: Services) -> ModelIOManager:
    return ModelIOManager(services=services)


@pytest.fixture
def candles(services: Services) -> CandlesIOManager:
    return CandlesIOManager(services=services)


def _output(kind: str, first: date = DAY, last: date = DAY) -> OutputContext:
    return build_output_context(
        asset_key=AssetKey([kind, "BTC"]),
        asset_partitions_def=DAILY,
        asset_partition_key_range=PartitionKeyRange(first.isoformat(), last.isoformat()),
    )


def _model_output() -> OutputContext:
    return build_output_context(asset_key=AssetKey(["model", "BTC"]), partition_key=DAY.isoformat())


def _input(kind: str, first: date = DAY, last: date = DAY) -> InputContext:
    return build_input_context(
        asset_key=AssetKey([kind, "BTC"]),
        asset_partitions_def=DAILY,
        asset_partition_key_range=PartitionKeyRange(first.isoformat(), last.isoformat()),
    )


def _flip_a_bit(store: ObjectStore, prefix: str) -> None:
    [info] = store.list(prefix)
    data = bytearray(store.get(info.key))
    data[len(data) // 2] ^= 1
    store.put(info.key, bytes(data))


def test_candles_that_are_topped_up_go_through_the_manager(candles: CandlesIOManager, services: Services) -> None:
    keys = []

    class Watched(CandlesIOManager):
        def handle_output(self, context: OutputContext, obj: Candles | CoinDays) -> None:
            keys.append((context.asset_key.path, context.partition_key))
            super().handle_output(context, obj)

    stored = candles_through(Watched(services=services), services, DAY)

    assert all(isinstance(outcome, CoinCandles) for outcome in fetch_candles(services, DAY, ["BTC"], candles=stored))
    assert {(tuple(path), partition) for path, partition in keys} == {(("candles", "BTC"), DAY.isoformat())}
    assert len(candles.load_input(_input("candles")))


def test_candles_of_several_days_come_back_as_they_were(candles: CandlesIOManager, services: Services) -> None:
    first = DAY - timedelta(days=2)
    fetched = services.source.fetch("BTC", first, DAY)
    candles.handle_output(_output("candles", first), fetched)

    assert candles.load_input(_input("candles", first)).digest() == fetched.digest()


def test_storing_candles_twice_leaves_one_object_a_day(candles: CandlesIOManager, services: Services) -> None:
    fetched = services.source.fetch("BTC", DAY, DAY)
    for _ in range(2):
        candles.handle_output(_output("candles"), fetched)

    assert len(services.store.list("candles/")) == 1


def test_damaged_candles_are_refused(candles: CandlesIOManager, services: Services) -> None:
    candles.handle_output(_output("candles"), services.source.fetch("BTC", DAY, DAY))
    _flip_a_bit(services.store, "candles/")

    with pytest.raises(ObjectDamaged):
        candles.load_input(_input("candles"))


@pytest.mark.parametrize("name", ["weights", "manifest"])
def test_a_model_with_a_damaged_byte_is_refused(models: ModelIOManager, services: Services, name: str) -> None:
    bundle = builders.bundle()
    models.handle_output(_model_output(), bundle)
    _flip_a_bit(services.store, f"models/BTC/{DAY}/{bundle.manifest.fingerprint}/{name}")

    with pytest.raises(ModelDamaged, match="retrain"):
        models.load_input(_input("model"))


def test_a_model_comes_back_ready_to_forecast(models: ModelIOManager, services: Services) -> None:
    bundle = builders.bundle()
    models.handle_output(_model_output(), bundle)

    model = models.load_input(_input("model"))
    assert model.bundle.encoded_weights == bundle.encoded_weights
    assert model.predict(services.source.fetch("BTC", DAY - timedelta(days=6), DAY)).coin == "BTC"


def test_a_day_without_a_model_is_named(models: ModelIOManager) -> None:
    with pytest.raises(RegistryError, match=f"no model of BTC for {DAY} is published; materialize model/BTC"):
        models.load_input(_input("model"))


def test_publishing_twice_is_publishing_once(models: ModelIOManager, services: Services) -> None:
    for _ in range(2):
        models.handle_output(_model_output(), builders.bundle())

    assert len(services.registry.versions("BTC", DAY)) == 1
    assert len(services.store.list("models/")) == 2  # weights and manifest


def test_who_lost_the_lease_commits_nothing(models: ModelIOManager, services: Services) -> None:
    ours = services.leases.acquire([LEASE], "ours")[LEASE]
    services.leases.expire(["ours"])
    theirs = services.leases.acquire([LEASE], "theirs")[LEASE]

    with pytest.raises(LeaseLost, match="nothing was committed"):
        models.handle_output(_model_output(), Publication(bundle=builders.bundle(), lease=ours))
    assert services.registry.versions() == []
    models.handle_output(_model_output(), Publication(bundle=builders.bundle(), lease=theirs))
    assert len(services.registry.versions()) == 1


def test_weights_that_were_uploaded_before_the_lease_was_lost_publish_nothing(
    models: ModelIOManager, services: Services
) -> None:
    ours = services.leases.acquire([LEASE], "ours")[LEASE]
    uploaded = services.registry.upload(Publication(bundle=builders.bundle(), lease=ours))
    services.leases.expire(["ours"])
    services.leases.acquire([LEASE], "theirs")

    with pytest.raises(LeaseLost):
        models.handle_output(_model_output(), uploaded)
    assert services.registry.versions() == []

"""A planned coin-day becomes a fit task, or an error that is the coin's own."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from coin_models.errors import NotTrainable, ObjectDamaged, RegistryError
from coin_models.market.candles import Candles
from coin_models.market.timeframe import day_start_ms
from coin_models.pipeline.plan.gather import plan_now
from coin_models.pipeline.plan.plan import Plan
from coin_models.pipeline.train.prepare import Preparation, Prepared, prepare, prepare_coin
from coin_models.registry.versions import ModelVersion
from coin_models_tests.pipeline.killable import COINS, DAY, MortalServices, World
from coin_models_tests.registry import builders

BEFORE = DAY - timedelta(days=1)


@pytest.fixture(scope="module")
def fetched(tmp_path_factory: pytest.TempPathFactory) -> World:
    """A home with the candles of two coins."""
    made = World(tmp_path_factory.mktemp("fetched") / "home")
    made.fetch()
    return made


@pytest.fixture
def services(fetched: World, tmp_path: Path) -> Iterator[MortalServices]:
    shutil.copytree(fetched.settings.home, tmp_path / "home")
    world = World(tmp_path / "home")
    for info in fetched.memory.list(""):
        world.memory.put(info.key, fetched.memory.get(info.key))
    with world.services() as opened:
        yield opened


@pytest.fixture
def plan(services: MortalServices) -> Plan:
    return plan_now(services, [DAY], COINS)


def prepared(services: MortalServices, plan: Plan) -> Preparation:
    return prepare(services, plan.to_train(), plan.histories, plan.recipe)


def candles_of(services: MortalServices, plan: Plan, coin: str) -> Candles:
    first = plan.recipe.first_candle_day(DAY)
    return services.candles.read_window({coin: plan.histories[coin]}, first, DAY)[coin]  # type: ignore[return-value]


def published(services: MortalServices, plan: Plan) -> ModelVersion:
    """The version of BTC that the plan wants."""
    fingerprint = plan["BTC", DAY].fingerprint
    assert fingerprint is not None
    return services.registry.publish(builders.bundle("BTC", DAY, fingerprint), lease=None)


def test_a_full_retrain_has_features_and_targets_of_the_window_and_no_parent(
    services: MortalServices, plan: Plan
) -> None:
    btc = prepared(services, plan).prepared["BTC"]

    # 32 days of lookback at 288 candles a day, of which the last 3 are held out.
    validation = btc.task.features.open_time_ms[btc.task.split.validation_index]
    assert btc.task.fingerprint == plan["BTC", DAY].fingerprint
    assert validation.min() >= day_start_ms(DAY - timedelta(days=2))
    assert (btc.parent, btc.task.parent, btc.existing) == (None, None, None)
    assert btc.num_candles == plan.recipe.num_candle_days * 288


def test_a_coin_whose_candles_cannot_be_read_fails_alone(services: MortalServices, plan: Plan) -> None:
    for info in services.memory.list("candles"):
        if "/ETH/" in info.key:
            services.memory.put(info.key, b"not candles")

    preparation = prepared(services, plan)

    assert list(preparation.prepared) == ["BTC"]
    assert isinstance(preparation.failures["ETH"], ObjectDamaged)


def test_too_few_samples_are_a_reason_not_to_train(services: MortalServices, plan: Plan) -> None:
    candles = candles_of(services, plan, "BTC").slice_days(DAY, DAY)  # one day: nothing is left to fit

    with pytest.raises(NotTrainable, match="0 samples to fit and"):
        prepare_coin(services, plan["BTC", DAY], candles, plan.histories["BTC"], plan.recipe)


def test_a_parent_that_is_not_published_is_an_error_that_names_it(services: MortalServices, plan: Plan) -> None:
    item = replace(plan["BTC", DAY], parent_day=BEFORE, parent_fingerprint="ab" * 32)

    preparation = prepare(services, [item], plan.histories, plan.recipe)

    assert isinstance(preparation.failures["BTC"], RegistryError)
    assert f"the parent of BTC {DAY}, its version of {BEFORE}, is not published" in str(preparation.failures["BTC"])


def test_a_warm_start_begins_with_the_weights_of_its_parent(services: MortalServices, plan: Plan) -> None:
    bundle = builders.bundle("BTC", BEFORE, "ab" * 32, seed=5)
    parent = services.registry.publish(bundle, lease=None)
    item = replace(plan["BTC", DAY], parent_day=BEFORE, parent_fingerprint="ab" * 32)

    btc = prepare(services, [item], plan.histories, plan.recipe).prepared["BTC"]

    assert btc.parent == parent
    assert btc.task.parent is not None
    assert all(np.array_equal(values, bundle.weights[name]) for name, values in btc.task.parent.items())


def test_a_version_that_is_published_already_is_known_until_it_is_forgotten(
    services: MortalServices, plan: Plan
) -> None:
    version = published(services, plan)

    btc: Prepared = prepared(services, plan).prepared["BTC"]

    assert btc.existing == version
    assert btc.forgotten().existing is None


def test_a_coin_day_without_a_wanted_version_cannot_be_prepared(services: MortalServices, plan: Plan) -> None:
    skipped = replace(plan["BTC", DAY], fingerprint=None, reason="thin day")

    preparation = prepare(services, [skipped], plan.histories, plan.recipe)

    assert str(preparation.failures["BTC"]) == f"no version of BTC {DAY} is wanted: thin day"

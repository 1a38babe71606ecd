"""The same coins and days in any order, by two workers that are killed: one set of bytes, parents by the calendar."""

import random
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest

from coin_models.pipeline.plan.calendar import parent_day
from coin_models.pipeline.train.run import retrain
from coin_models.registry.versions import ModelVersion
from coin_models_tests.pipeline.any_order import COINS, DAYS, SharedWorld, TwoWorkers, random_jobs

CoinDay = tuple[str, date]
FEW = range(2)
MANY = range(2, 20)


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> SharedWorld:
    """A home that holds candles and nothing else."""
    world = SharedWorld(tmp_path_factory.mktemp("market") / "home")
    world.fetch()
    return world


@pytest.fixture(scope="module")
def uninterrupted(market: SharedWorld, tmp_path_factory: pytest.TempPathFactory) -> dict[CoinDay, str]:
    """The digest of every version's weights: day after day, one worker, no kill."""
    world = market.copy_to(tmp_path_factory.mktemp("uninterrupted") / "home")
    worker = world.worker()
    for day in DAYS:
        list(retrain(worker, day, COINS))
    return weights_of(world.every_version())


def weights_of(versions: Sequence[ModelVersion]) -> dict[CoinDay, str]:
    """The digest of each coin-day's weights; a coin-day that is published twice fails."""
    found = {(version.coin, version.day): version.weights_sha256 for version in versions}
    assert len(found) == len(versions)
    return found


def parents_of(versions: Sequence[ModelVersion]) -> dict[CoinDay, date | None]:
    days = {version.id: version.day for version in versions}
    return {(version.coin, version.day): days[version.parent_id] if version.parent_id else None for version in versions}


def in_a_random_order(market: SharedWorld, home: Path, seed: int) -> tuple[TwoWorkers, list[ModelVersion]]:
    dice = random.Random(seed)
    world = market.copy_to(home)
    workers = TwoWorkers(world, random_jobs(dice), dice)
    workers.run()
    return workers, world.every_version()


def check(market: SharedWorld, home: Path, seed: int, expected: dict[CoinDay, str]) -> None:
    workers, versions = in_a_random_order(market, home, seed)

    assert (workers.crashed, workers.failed, workers.jobs) == ([], [], [])
    assert workers.num_kills > 0
    assert weights_of(versions) == expected
    assert parents_of(versions) == {(coin, day): parent_day(coin, day, 3) for coin, day in expected}


@pytest.mark.parametrize("seed", FEW)
def test_any_order_two_workers_and_kills_give_the_bytes_of_one_worker_in_order(
    seed: int, market: SharedWorld, tmp_path: Path, uninterrupted: dict[CoinDay, str]
) -> None:
    check(market, tmp_path / "home", seed, uninterrupted)


@pytest.mark.proof
@pytest.mark.timeout(300)
@pytest.mark.parametrize("seed", MANY)
def test_twenty_orders_in_all_give_one_set_of_bytes(
    seed: int, market: SharedWorld, tmp_path: Path, uninterrupted: dict[CoinDay, str]
) -> None:
    check(market, tmp_path / "home", seed, uninterrupted)

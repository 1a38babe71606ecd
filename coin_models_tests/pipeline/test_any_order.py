"""The same coins and days in any order, by two workers that are killed: one set of bytes, parents by the calendar."""

import logging
import random
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pytest

from coin_models.pipeline.plan.calendar import parent_day
from coin_models_tests.pipeline.shared_worlds import EVERY_DAYS, Published, SharedWorld, carry_out
from coin_models_tests.pipeline.two_workers import (
    CANDLES,
    COINS,
    DAYS,
    FIT,
    NUM_WORKERS,
    PUBLISHING,
    TwoWorkers,
    random_jobs,
    random_kills,
)

logger = logging.getLogger(__name__)

# Filters of warnings are the process's. A fit sets its own and puts the old ones back, so of two fits in two threads one
# would meet the other's: a warning of torch then fails a coin. Workers are processes of their own, where it cannot happen.
pytestmark = pytest.mark.filterwarnings("default", "ignore:.*LeafSpec")

CoinDay = tuple[str, date]
FEW = range(1)
REST = range(len(FEW), 20)


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> SharedWorld:
    """A home that holds nothing; its tables are made once."""
    world = SharedWorld(tmp_path_factory.mktemp("empty") / "home", coins=COINS)
    world.services().database.close()
    return world


@pytest.fixture(scope="module")
def undisturbed(empty: SharedWorld, tmp_path_factory: pytest.TempPathFactory) -> dict[CoinDay, Published]:
    """What is published day after day by one worker that is not killed."""
    world = empty.copy_to(tmp_path_factory.mktemp("undisturbed") / "home")
    services = world.services()
    worker = world.open_worker(services)
    for day in DAYS:
        assert all(outcome.version for outcome in carry_out(worker, (day, COINS)))  # type: ignore[union-attr]
    services.database.close()
    return world.published()


def test_in_order_every_coin_day_is_published_with_its_parent_by_the_calendar(
    undisturbed: Mapping[CoinDay, Published],
) -> None:
    day_of = {version.id: day for (_, day), version in undisturbed.items()}
    parents = {key: day_of.get(version.parent_id or "") for key, version in undisturbed.items()}

    asked = {(coin, day) for coin in COINS for day in DAYS}
    assert set(undisturbed) == asked | {(coin, parent) for (coin, _), parent in parents.items() if parent}
    assert parents == {(coin, day): parent_day(coin, day, EVERY_DAYS) for coin, day in undisturbed}
    full = [version for version in undisturbed.values() if version.parent_id is None]
    assert len({version.weights_sha256 for version in full}) == len(full)
    # A warm start that is no better than its parent keeps the parent's weights; most are better.
    assert len({version.weights_sha256 for version in undisturbed.values()}) > len(undisturbed) * 3 // 4


def check(world: SharedWorld, seed: int, expected: Mapping[CoinDay, Published]) -> None:
    dice = random.Random(seed)
    workers = TwoWorkers(world, random_jobs(dice), random_kills(dice))
    workers.run()

    assert workers.crashed == []
    assert workers.failed == []
    assert workers.jobs == []
    assert min(workers.killed_in[part] for part in (CANDLES, FIT, PUBLISHING)) > 0
    versions = world.every_version()
    assert {workers.worker_of[version.session_id or ""] for version in versions} == set(range(NUM_WORKERS))
    assert world.published() == expected
    resumed = sum(version.resumed for version in versions)
    logger.info(f"{dict(workers.killed_in)} kills, {resumed} resumed, {world.standing.num_refused} leases refused")


@pytest.mark.timeout(120)
@pytest.mark.parametrize("seed", FEW)
def test_any_order_two_workers_and_kills_give_the_bytes_of_one_worker_in_order(
    seed: int, empty: SharedWorld, tmp_path: Path, undisturbed: Mapping[CoinDay, Published]
) -> None:
    check(empty.copy_to(tmp_path / "home"), seed, undisturbed)


@pytest.mark.proof
@pytest.mark.timeout(120)
@pytest.mark.parametrize("seed", REST)
def test_twenty_orders_give_one_set_of_bytes(
    seed: int, empty: SharedWorld, tmp_path: Path, undisturbed: Mapping[CoinDay, Published]
) -> None:
    check(empty.copy_to(tmp_path / "home"), seed, undisturbed)

"""The assets of a whole day: what they are made from, and in which runs."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from dagster import AssetKey, BackfillPolicy, DagsterInstance, materialize

from coin_models.defs.assets.coins import build_coin_assets
from coin_models.defs.assets.days import build_day_assets
from coin_models.defs.build import build_definitions
from coin_models.defs.resources import WORKER
from coin_models.pipeline.daily_report import read_report
from coin_models.storage import keys
from coin_models_tests.defs.fixtures import small_settings
from coin_models_tests.defs.step_contexts import NotingWorker
from coin_models_tests.pipeline.trading_days import TradingWorld


@pytest.mark.parametrize(("num_coins", "num_arrows"), [(100, 100), (101, 0)])
def test_beyond_a_hundred_coins_no_arrows_lead_to_the_pattern_library(
    tmp_path: Path, num_coins: int, num_arrows: int
) -> None:
    coins = tuple(f"C{number}" for number in range(num_coins))
    graph = build_definitions(small_settings(tmp_path, coins=coins)).resolve_asset_graph()

    assert len(graph.get(AssetKey("pattern_library")).parent_keys) == num_arrows


def test_patterns_and_report_share_runs_of_their_own_and_never_those_of_the_coins(tmp_path: Path) -> None:
    settings = small_settings(tmp_path)

    (days, coins) = build_day_assets(settings, ("BTC",)), build_coin_assets(settings, ("BTC",))

    assert days.backfill_policy == BackfillPolicy.single_run()
    assert coins.backfill_policy != days.backfill_policy


def run_report(world: TradingWorld, *assets: str) -> tuple[bool, list[str], dict[tuple[str, date], str]]:
    """A run of these assets on the first day: whether it succeeded, what is materialized, what the worker was told."""
    settings = world.services.settings
    worker = NotingWorker(world.services)
    with DagsterInstance.ephemeral() as instance:
        result = materialize(
            [build_day_assets(settings, world.coins)],
            partition_key=world.days[0].isoformat(),
            resources={WORKER: worker},
            selection=list(assets),
            instance=instance,
            raise_on_error=False,
        )
        made = [
            name for name in ("pattern_library", "daily_report") if instance.get_materialized_partitions(AssetKey(name))
        ]
    return result.success, made, worker.failures


@pytest.fixture
def world(tmp_path: Path) -> Iterator[TradingWorld]:
    made = TradingWorld(tmp_path / "home", num_days=1, publishes=False)
    yield made
    made.services.close()


def test_a_run_makes_what_is_selected(world: TradingWorld) -> None:
    result = run_report(world, "daily_report")

    assert result == (True, ["daily_report"], {})
    assert read_report(world.services).day == world.days[0]


def test_a_coin_whose_candles_cannot_be_read_fails_the_run_after_library_and_report_are_made(
    world: TradingWorld,
) -> None:
    for info in world.services.store.list(keys.CANDLES):
        world.services.store.put(info.key, b"not candles")

    success, made, failures = run_report(world, "pattern_library", "daily_report")

    assert (success, made) == (False, ["pattern_library", "daily_report"])
    assert list(failures) == [("pattern_library of BTC", world.days[0])]

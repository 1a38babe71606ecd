"""The shape of the definitions: a change of it is a visible diff here."""

import gc
import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

from dagster import AssetKey, BackfillPolicy, Definitions, FreshnessPolicy

from coin_models.defs.assets.freshness import MAX_COINS
from coin_models.defs.build import build_definitions
from coin_models.registry.fingerprint import training_code_version
from coin_models.settings.root import Settings
from coin_models.settings.training import TrainingSettings
from coin_models_tests.defs.fixtures import small_settings

# What is measured is which modules a fresh interpreter loads, so it takes a fresh interpreter.
_PROBE = """
import json, sys
import coin_models.definitions as loaded
graph = loaded.defs.resolve_asset_graph()
heavy = ("torch", "pytorch_lightning", "pandas", "ccxt", "stumpy", "scipy", "alembic")
print(json.dumps({"assets": len(graph.get_all_asset_keys()), "heavy": [n for n in heavy if n in sys.modules]}))
"""


def _definitions(tmp_path: Path) -> Definitions:
    return build_definitions(small_settings(tmp_path, coins=("BTC", "ETH")))


def test_the_asset_graph_is_candles_models_trades_patterns_report(tmp_path: Path) -> None:
    graph = _definitions(tmp_path).resolve_asset_graph()

    parents = {
        key.to_user_string(): sorted(parent.to_user_string() for parent in graph.get(key).parent_keys)
        for key in graph.get_all_asset_keys()
    }

    assert parents == {
        "candles/BTC": [],
        "candles/ETH": [],
        "model/BTC": ["candles/BTC"],
        "model/ETH": ["candles/ETH"],
        "shadow_trades/BTC": ["model/BTC"],
        "shadow_trades/ETH": ["model/ETH"],
        "pattern_library": ["shadow_trades/BTC", "shadow_trades/ETH"],
        "daily_report": ["pattern_library"],
    }


def test_the_garbage_collector_is_on_again_once_the_assets_are_built(tmp_path: Path) -> None:
    _definitions(tmp_path)

    assert gc.isenabled()


def test_every_asset_is_daily_and_says_what_it_is(tmp_path: Path) -> None:
    graph = _definitions(tmp_path).resolve_asset_graph()

    nodes = [graph.get(key) for key in graph.get_all_asset_keys()]

    assert all(node.partitions_def is not None and node.description and node.group_name for node in nodes)
    assert all(list(node.owners) == ["team:coin_models"] for node in nodes)
    of_coins = {node.backfill_policy for node in nodes if len(node.key.path) == 2}
    of_days = {node.backfill_policy for node in nodes if len(node.key.path) == 1}
    assert of_coins == {BackfillPolicy.multi_run(31)}  # one, or they would not share a run
    assert of_days.isdisjoint(of_coins)  # a run of their own
    model = graph.get(AssetKey(["model", "BTC"]))
    assert model.pools == {"trainer"}
    assert (
        model.code_version == training_code_version(TrainingSettings().plugins)[:16]
    )  # the UI marks what other code made


def test_a_model_and_the_report_are_late_after_the_deadline(tmp_path: Path) -> None:
    graph = _definitions(tmp_path).resolve_asset_graph()

    policies = [graph.get(AssetKey(path)).freshness_policy for path in (["model", "BTC"], ["daily_report"])]

    assert policies == [FreshnessPolicy.cron("0 8 * * *", timedelta(hours=24))] * 2
    assert policies[0] is policies[1]  # Dagster takes 6 ms to check each that is built


def test_the_models_of_a_large_universe_have_no_policy_and_its_report_has(tmp_path: Path) -> None:
    coins = tuple(f"C{number:03d}" for number in range(MAX_COINS + 1))
    graph = build_definitions(Settings(home=tmp_path, source="demo", universe=coins)).resolve_asset_graph()

    assert graph.get(AssetKey(["model", "C000"])).freshness_policy is None
    assert graph.get(AssetKey("daily_report")).freshness_policy is not None


def test_the_schedule_asks_at_two_in_the_morning_utc(tmp_path: Path) -> None:
    schedule = _definitions(tmp_path).resolve_schedule_def("nightly")

    assert (schedule.cron_schedule, schedule.execution_timezone) == ("0 2 * * *", "UTC")
    assert schedule.default_status.value == "RUNNING"


def test_definitions_of_500_coins_load_without_torch_or_other_heavy_imports(tmp_path: Path) -> None:
    environment = {
        "PATH": "/usr/bin:/bin",
        "COIN_MODELS_HOME": str(tmp_path),
        "COIN_MODELS_SOURCE": "exchange",
        "COIN_MODELS_UNIVERSE": ",".join(f"C{number}" for number in range(500)),
    }

    done = subprocess.run(
        [sys.executable, "-c", _PROBE], env=environment, cwd=tmp_path, capture_output=True, text=True, check=True
    )

    assert json.loads(done.stdout) == {"assets": 1502, "heavy": []}

"""The jobs: named selections of assets that a schedule, a sensor, the command line and the UI launch."""

from collections.abc import Collection, Sequence
from typing import Any

from dagster import AssetKey, AssetSelection, define_asset_job

from coin_models.defs.assets.keys import CANDLES, DAILY_REPORT, MODEL, PATTERN_LIBRARY, SHADOW_TRADES, asset_key

RETRAIN, REPORT = "retrain", "report"


def build_jobs(coins: Sequence[str]) -> list[Any]:
    """`retrain`: candles, models and shadow trades of every coin. `report`: patterns and report, once these are settled."""
    retrain = define_asset_job(
        RETRAIN,
        selection=AssetSelection.assets(*assets_of(coins)),
        description="Retrains the coins of a trading day: candles, models, shadow trades.",
    )
    report = define_asset_job(
        REPORT,
        selection=AssetSelection.assets(PATTERN_LIBRARY, DAILY_REPORT),
        description="Makes the pattern library and the report of a trading day, from its coins' results.",
    )
    return [retrain, report]


def assets_of(coins: Collection[str]) -> list[AssetKey]:
    """The three assets of each of these coins."""
    return [asset_key(kind, coin) for coin in coins for kind in (CANDLES, MODEL, SHADOW_TRADES)]

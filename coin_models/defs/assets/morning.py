"""`pattern_library` and `daily_report`: one asset each for the whole day.

Belongs here: the two assets. Not here: patterns (daily/library.py), the report (daily/morning.py).
"""

from collections.abc import Sequence
from datetime import date

from dagster import AssetExecutionContext, AssetsDefinition, MaterializeResult, asset

from coin_models.daily.library import update_patterns
from coin_models.daily.morning import write_report
from coin_models.defs.assets.shadow_trades import KIND as SHADOW_TRADES
from coin_models.defs.metadata import pattern_metadata, report_metadata
from coin_models.defs.outputs import asset_key
from coin_models.defs.partitions import daily_partitions
from coin_models.defs.resources import SHIFT
from coin_models.settings.root import Settings

PATTERN_LIBRARY, DAILY_REPORT = "pattern_library", "daily_report"


def build_pattern_library(settings: Settings, coins: Sequence[str]) -> AssetsDefinition:
    """The recurring shapes of the recent window, with what followed them."""

    @asset(
        name=PATTERN_LIBRARY,
        deps=[asset_key(SHADOW_TRADES, coin) for coin in coins],
        partitions_def=daily_partitions(settings),
        group_name="trading",
        kinds={"numpy"},
        required_resource_keys={SHIFT},
        description="Recurring shapes in the recent candles of every coin, each with what followed it and the trades made in it.",
    )
    def pattern_library(context: AssetExecutionContext) -> MaterializeResult[None]:
        workshop = context.resources.shift.workshop
        library = update_patterns(workshop, date.fromisoformat(context.partition_key), coins)
        return MaterializeResult(metadata=pattern_metadata(library, workshop.settings.trading))

    return pattern_library


def build_daily_report(settings: Settings, coins: Sequence[str]) -> AssetsDefinition:
    """One page: what happened, which models deserve trust, what it cost."""

    @asset(
        name=DAILY_REPORT,
        deps=[PATTERN_LIBRARY],
        partitions_def=daily_partitions(settings),
        group_name="report",
        kinds={"html"},
        required_resource_keys={SHIFT},
        description="The morning report: trained, resumed, reused, quarantined; champions, skill, shadow P&L, patterns, cost.",
    )
    def daily_report(context: AssetExecutionContext) -> MaterializeResult[None]:
        stored = write_report(context.resources.shift.workshop, date.fromisoformat(context.partition_key), coins)
        return MaterializeResult(metadata=report_metadata(stored))

    return daily_report

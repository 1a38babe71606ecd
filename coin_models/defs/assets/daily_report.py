"""`pattern_library` and `daily_report`: one asset each for the whole day.

Belongs here: the two assets. Not here: patterns (pipeline/patterns.py), the report (pipeline/daily_report.py).
"""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from dagster import AssetCheckResult, AssetExecutionContext, AssetKey, AssetsDefinition, AssetSpec, Output, multi_asset

from coin_models.defs import checks
from coin_models.defs.assets.shadow_trades import KIND as SHADOW_TRADES
from coin_models.defs.metadata import pattern_metadata, report_metadata
from coin_models.defs.outputs import OWNERS, asset_key
from coin_models.defs.partition_recorder import WHOLE_DAY, PartitionRecorder
from coin_models.defs.partitions import daily_partitions, one_run_per_range
from coin_models.defs.resources import WORKER
from coin_models.pipeline.daily_report import write_report
from coin_models.pipeline.derived.settle import settle_patterns, settle_reports
from coin_models.pipeline.patterns import UpdatedPatterns, update_patterns
from coin_models.pipeline.worker import Worker
from coin_models.settings.root import Settings

PATTERN_LIBRARY, DAILY_REPORT = "pattern_library", "daily_report"


def build_pattern_library(settings: Settings, coins: Sequence[str]) -> AssetsDefinition:
    """The recurring shapes of the recent window, with what followed them."""

    spec = AssetSpec(
        PATTERN_LIBRARY,
        deps=[asset_key(SHADOW_TRADES, coin) for coin in coins],
        description="Recurring shapes in the recent candles of every coin, each with what followed it and the trades made in it.",
        group_name="trading",
        kinds={"numpy"},
        owners=OWNERS,
    )

    @multi_asset(
        name=PATTERN_LIBRARY,
        specs=[spec],
        partitions_def=daily_partitions(settings),
        backfill_policy=one_run_per_range(settings),
        required_resource_keys={WORKER},
    )
    def pattern_library(context: AssetExecutionContext) -> Iterator[Output[Any] | AssetCheckResult]:
        worker: Worker = context.resources.worker
        book = PartitionRecorder(context)
        for day in book.days:  # oldest first: a day's library continues the one before
            with book.on(day):
                _record_patterns(book, spec.key, day, update_patterns(worker.services, day, coins), settings)
        if worker.settles_later_days:
            for found in settle_patterns(worker.services, book.days):
                if found.made is not None:
                    _record_patterns(book, spec.key, found.day, found.made, settings)
                elif found.failure is not None:
                    book.failed(WHOLE_DAY, found.day, found.failure)
        yield from book.close()

    return pattern_library


def build_daily_report(settings: Settings, coins: Sequence[str]) -> AssetsDefinition:
    """One page: what happened, which models deserve trust, what it cost."""

    spec = AssetSpec(
        DAILY_REPORT,
        deps=[PATTERN_LIBRARY],
        description="The report of the day: trained, resumed, reused, quarantined; champions, skill, shadow P&L, patterns, cost.",
        group_name="report",
        kinds={"html"},
        owners=OWNERS,
    )

    @multi_asset(
        name=DAILY_REPORT,
        specs=[spec],
        check_specs=checks.report_specs(DAILY_REPORT),
        partitions_def=daily_partitions(settings),
        backfill_policy=one_run_per_range(settings),
        required_resource_keys={WORKER},
    )
    def daily_report(context: AssetExecutionContext) -> Iterator[Output[Any] | AssetCheckResult]:
        worker: Worker = context.resources.worker
        book = PartitionRecorder(context)
        for day in book.days:
            with book.on(day):
                stored = write_report(worker.services, day, coins)
                book.record(spec.key, day, report_metadata(stored))
                book.check(day, checks.report_checks(DAILY_REPORT, stored.report))
        if worker.settles_later_days:
            for found in settle_reports(worker.services, book.days):
                if found.stored is not None:
                    book.record(spec.key, found.day, report_metadata(found.stored))
                elif found.failure is not None:
                    book.failed(WHOLE_DAY, found.day, found.failure)
        yield from book.close()

    return daily_report


def _record_patterns(
    book: PartitionRecorder, key: AssetKey, day: date, made: UpdatedPatterns, settings: Settings
) -> None:
    book.record(key, day, pattern_metadata(made.library, settings.trading))
    for coin, reason in made.unreadable.items():
        book.failed(coin, day, reason)

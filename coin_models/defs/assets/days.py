"""The assets `pattern_library` and `daily_report`: one partition per day, made in a run of their own after the
coins.
"""

from collections.abc import Sequence
from datetime import date
from functools import partial

from dagster import AssetKey, AssetsDefinition, AssetSpec, BackfillPolicy

from coin_models.defs import checks
from coin_models.defs.assets.freshness import made_by_the_deadline
from coin_models.defs.assets.keys import DAILY_REPORT, OWNERS, PATTERN_LIBRARY, SHADOW_TRADES, asset_key
from coin_models.defs.assets.rechecks import recheck_report
from coin_models.defs.assets.step import Step, build_step
from coin_models.defs.metadata import pattern_metadata, report_metadata
from coin_models.defs.partition_recorder import WHOLE_DAY
from coin_models.pipeline.daily_report import StoredReport, write_report
from coin_models.pipeline.derived.settle import settle_patterns, settle_reports
from coin_models.pipeline.patterns import UpdatedPatterns, update_patterns
from coin_models.pipeline.phases import Phase, whole
from coin_models.settings.root import Settings

STEP = "whole_day"
_MAX_ARROWS = 100  # from the coins to the library: more are not readable, and cost each load (docs/adr/0102)


def build_day_assets(settings: Settings, coins: Sequence[str]) -> AssetsDefinition:
    """The recurring shapes of the recent window, and one page about the day; later days are brought up to date too."""
    patterns = AssetSpec(
        PATTERN_LIBRARY,
        deps=[asset_key(SHADOW_TRADES, coin) for coin in coins] if len(coins) <= _MAX_ARROWS else [],
        description="Recurring shapes in the recent candles of every coin, each with what followed it and the trades made in it.",
        group_name="trading",
        kinds={"numpy"},
        owners=OWNERS,
        skippable=True,
    )
    report = AssetSpec(
        DAILY_REPORT,
        deps=[PATTERN_LIBRARY],
        description="The report of the day: trained, resumed, reused, quarantined; champions, skill, shadow P&L, patterns, cost.",
        group_name="report",
        kinds={"html"},
        owners=OWNERS,
        skippable=True,
        freshness_policy=made_by_the_deadline(settings),
    )
    return build_step(
        settings,
        STEP,
        [patterns, report],
        checks.report_specs(DAILY_REPORT),
        lambda step: _work(step, coins),
        lambda services, wanted: recheck_report(services, coins, wanted),
        backfill=BackfillPolicy.single_run(),  # not that of the coins, with which it would share a run
    )


def _work(step: Step, coins: Sequence[str]) -> None:
    recorder, services = step.recorder, step.worker.services
    selected = {key.path[0] for key in step.context.selected_asset_keys}
    for day in recorder.days:  # a day's library continues the one before
        if PATTERN_LIBRARY in selected:
            with recorder.on(day, PATTERN_LIBRARY):
                patterns = partial(update_patterns, services, day, coins)
                _record_patterns(step, day, whole(patterns, step.on_phase, Phase.PATTERNS, day, len(coins)))
        if DAILY_REPORT in selected:
            with recorder.on(day, DAILY_REPORT):
                report = partial(write_report, services, day, coins)
                _record_report(step, day, whole(report, step.on_phase, Phase.REPORT, day, len(coins)))
    if PATTERN_LIBRARY in selected:
        _settle_patterns(step)
    if DAILY_REPORT in selected:
        _settle_reports(step)


def _settle_patterns(step: Step) -> None:
    for settled in settle_patterns(step.worker.services, step.recorder.days):
        if settled.made is not None:
            _record_patterns(step, settled.day, settled.made)
        elif settled.failure is not None:
            step.recorder.failed(WHOLE_DAY, settled.day, settled.failure, kind=PATTERN_LIBRARY)


def _settle_reports(step: Step) -> None:
    for settled in settle_reports(step.worker.services, step.recorder.days):
        if settled.stored is not None:
            _record_report(step, settled.day, settled.stored)
        elif settled.failure is not None:
            step.recorder.failed(WHOLE_DAY, settled.day, settled.failure, kind=DAILY_REPORT)


def _record_patterns(step: Step, day: date, made: UpdatedPatterns) -> None:
    trading = step.worker.services.settings.trading
    step.recorder.record(AssetKey(PATTERN_LIBRARY), day, pattern_metadata(made.library, trading))
    for coin, reason in made.unreadable.items():
        step.recorder.failed(coin, day, reason, kind=PATTERN_LIBRARY)


def _record_report(step: Step, day: date, stored: StoredReport) -> None:
    step.recorder.record(AssetKey(DAILY_REPORT), day, report_metadata(stored))
    step.recorder.check(day, checks.report_checks(DAILY_REPORT, stored.report))

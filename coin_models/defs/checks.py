"""Asset checks: report what is wrong with a coin's candles or model, with the reason and a severity.

No check blocks: Dagster would hold back every coin of the next step for one bad coin. Bad values are stopped where they
would be used: eligibility rules out thin days, promotion refuses unsound versions.
"""

from collections.abc import Iterator, Mapping, Sequence

from dagster import (
    AssetCheckResult,
    AssetCheckSeverity,
    AssetCheckSpec,
    AssetKey,
    MetadataValue,
)

from coin_models.defs.assets.keys import asset_key
from coin_models.defs.metadata import short
from coin_models.market.quality import DayQuality
from coin_models.market.timeframe import parse_timeframe
from coin_models.registry.bundle import Bundle
from coin_models.registry.versions import ModelVersion
from coin_models.reporting.report.daily_report import DRIFT_ALARM, DRIFT_WATCH, DailyReport
from coin_models.settings.root import Settings
from coin_models.trading.soundness import find_calibration_problem, find_weight_problems

COMPLETE_FRESH_SANE = "complete_fresh_and_sane"
SOUND_AND_SKILLED = "sound_and_skilled"
COMPLETE, INPUTS = "complete", "inputs_like_training"

_DESCRIPTIONS = {
    COMPLETE_FRESH_SANE: "Enough of the day's candles, no outage (error); they reach the day's end, none frozen, no wicks "
    "(warning).",
    SOUND_AND_SKILLED: "Weights are finite and not far from the parent's, and the outermost quantiles hold the share that they "
    "should (error); pinball loss on the validation days is below that of the coin's unconditional quantiles (warning).",
    COMPLETE: "Every coin's training, shadow day and champion decision is in the report.",
    INPUTS: "The inputs of the last week against those before it, per coin that has a champion: population stability index "
    f"below {DRIFT_WATCH} (warning), below {DRIFT_ALARM} (error).",
}


def check_specs(kind: str, coins: Sequence[str], names: Sequence[str]) -> list[AssetCheckSpec]:
    """The checks of every coin's asset of a kind."""
    return [
        AssetCheckSpec(name, asset=asset_key(kind, coin), description=_DESCRIPTIONS[name])
        for coin in coins
        for name in names
    ]


def candle_checks(kind: str, quality: DayQuality, settings: Settings) -> Iterator[AssetCheckResult]:
    """Complete, fresh and sane, in one check: each costs Dagster three events, and there may be 500 coins."""
    complete = quality.coverage >= settings.market.min_day_coverage and not quality.num_outages
    sane = not (quality.num_frozen or quality.num_wicks)
    seconds = parse_timeframe(settings.timeframe).seconds
    fresh = quality.num_missing_at_end <= settings.market.max_fill_candles(seconds)
    severity = AssetCheckSeverity.WARN if complete else AssetCheckSeverity.ERROR
    reason = "; ".join(quality.problems) or "nothing unusual"
    passed = complete and fresh and sane
    figures = {"num_missing_at_end": quality.num_missing_at_end}  # the rest is on the asset
    yield _result(
        kind, quality.coin, COMPLETE_FRESH_SANE, passed=passed, reason=reason, severity=severity, figures=figures
    )


def model_checks(
    kind: str, version: ModelVersion, bundle: Bundle, parent: Bundle | None, settings: Settings
) -> Iterator[AssetCheckResult]:
    """Sound (an error) and skilled (a warning), in one check."""
    interval = bundle.manifest.architecture.interval
    coverage = interval.coverage(bundle.manifest.metrics.get("validation", {}))
    uncalibrated = find_calibration_problem(
        coverage, interval.nominal, settings.trading, outcomes="the validation outcomes"
    )
    problems = [
        *find_weight_problems(bundle.network, parent.network if parent else None, settings.trading),
        *([uncalibrated] if uncalibrated else []),
    ]
    skilled = version.skill is not None and version.skill > 0
    skill = f"validation skill {version.skill:+.4f}" if version.skill is not None else "validation skill is not known"
    severity = AssetCheckSeverity.ERROR if problems else AssetCheckSeverity.WARN
    reason = "; ".join([*(problems or ["weights and calibration are sound"]), skill])
    figures = {"coverage": short(coverage)} if coverage is not None else {}  # the skill is on the asset
    passed = skilled and not problems
    yield _result(
        kind, version.coin, SOUND_AND_SKILLED, passed=passed, reason=reason, severity=severity, figures=figures
    )


def report_specs(asset: str) -> list[AssetCheckSpec]:
    """The checks of the daily report: one event each for all coins together."""
    return [AssetCheckSpec(name, asset=asset, description=_DESCRIPTIONS[name]) for name in (COMPLETE, INPUTS)]


def report_checks(asset: str, report: DailyReport) -> Iterator[AssetCheckResult]:
    """Complete, and the inputs like those that were trained on."""
    omissions = report.find_omissions()
    yield AssetCheckResult(
        asset_key=AssetKey(asset),
        check_name=COMPLETE,
        passed=not omissions,
        metadata={"reason": "; ".join(omissions) or "nothing is missing", "num_missing": len(omissions)},
    )
    drifted = report.drifted(DRIFT_WATCH)
    severity = AssetCheckSeverity.ERROR if report.drifted(DRIFT_ALARM) else AssetCheckSeverity.WARN
    reason = "; ".join(f"{coin.coin} {coin.input_drift_feature} {coin.input_drift:.2f}" for coin in drifted)
    indices = {coin.coin: round(coin.input_drift, 4) for coin in report.coins if coin.input_drift is not None}
    yield AssetCheckResult(
        asset_key=AssetKey(asset),
        check_name=INPUTS,
        passed=not drifted,
        severity=severity,
        metadata={
            "reason": reason or "no coin's inputs have changed",
            "num_coins_changed": len(drifted),
            "stability_index": MetadataValue.json(indices),
        },
    )


def _result(
    kind: str,
    coin: str,
    name: str,
    *,
    passed: bool,
    reason: str,
    severity: AssetCheckSeverity = AssetCheckSeverity.ERROR,
    figures: Mapping[str, float],
) -> AssetCheckResult:
    return AssetCheckResult(
        asset_key=asset_key(kind, coin),
        check_name=name,
        passed=passed,
        severity=severity,
        metadata={"reason": reason, **figures},
    )

"""Asset checks: what is wrong with a coin's candles, model or trades, with the reason and a severity.

Belongs here: the checks' specs, and domain facts as check results. Not here: the rules (market/quality.py,
trading/soundness.py). None of them blocks: Dagster would hold back every coin of the next step for one bad one. What
must not flow on is stopped where it would: eligibility rules out thin days, promotion refuses unsound versions.
"""

from collections.abc import Iterator, Sequence

from dagster import AssetCheckKey, AssetCheckResult, AssetCheckSeverity, AssetCheckSpec, AssetExecutionContext

from coin_models.defs.outputs import asset_key
from coin_models.market.quality import DayQuality
from coin_models.registry.bundle import Bundle
from coin_models.registry.versions import ModelVersion
from coin_models.settings.root import Settings
from coin_models.trading.desk import TradedDay
from coin_models.trading.soundness import find_weight_problems

COMPLETE, SANE = "complete", "sane"
SOUND, CALIBRATED, SKILLED = "sound", "calibrated", "better_than_unconditional"
RECONCILED = "reconciled"
_CENT_USD = 0.01

_DESCRIPTIONS = {
    COMPLETE: "Enough of the day's candles are there, without an outage.",
    SANE: "No frozen candles and no wicks.",
    SOUND: "Weights are finite, and an incremental fit has not left its parent far behind.",
    CALIBRATED: "The outermost quantiles hold about the share of validation outcomes that they should.",
    SKILLED: "Pinball loss on the validation days is below that of the coin's unconditional quantiles.",
    RECONCILED: "What the quoted prices earned, less slippage, fees and funding, is what the fills' cash says.",
}


def check_specs(kind: str, coins: Sequence[str], names: Sequence[str]) -> list[AssetCheckSpec]:
    """The checks of every coin's asset of a kind."""
    return [
        AssetCheckSpec(name, asset=asset_key(kind, coin), description=_DESCRIPTIONS[name])
        for coin in coins
        for name in names
    ]


def candle_checks(kind: str, quality: DayQuality, settings: Settings) -> Iterator[AssetCheckResult]:
    """Complete and sane."""
    complete = quality.coverage >= settings.market.min_day_coverage and not quality.num_outages
    sane = not (quality.num_frozen or quality.num_wicks)
    reason = "; ".join(quality.problems) or "nothing odd"
    yield _result(kind, quality.coin, COMPLETE, passed=complete, reason=reason)
    yield _result(kind, quality.coin, SANE, passed=sane, reason=reason, severity=AssetCheckSeverity.WARN)


def model_checks(
    kind: str, version: ModelVersion, bundle: Bundle, parent: Bundle | None, settings: Settings
) -> Iterator[AssetCheckResult]:
    """Sound, calibrated, skilled."""
    coin, levels = version.coin, bundle.manifest.architecture.quantiles
    problems = find_weight_problems(bundle.weights, parent.weights if parent else None, settings.trading)
    yield _result(kind, coin, SOUND, passed=not problems, reason="; ".join(problems) or "weights are sound")
    validation = bundle.manifest.metrics.get("validation", {})
    low, high = validation.get(f"coverage_{levels[0]:g}"), validation.get(f"coverage_{levels[-1]:g}")
    nominal = levels[-1] - levels[0]
    held = high - low if low is not None and high is not None else float("nan")
    calibrated = abs(held - nominal) <= settings.trading.rollback_coverage_tolerance
    reason = f"the {nominal:.0%} interval held {held:.1%} of the validation outcomes"
    yield _result(kind, coin, CALIBRATED, passed=calibrated, reason=reason)
    skilled = version.skill is not None and version.skill > 0
    reason = f"skill {version.skill:+.4f}" if version.skill is not None else "skill is not known"
    yield _result(kind, coin, SKILLED, passed=skilled, reason=reason, severity=AssetCheckSeverity.WARN)


def trade_checks(kind: str, coin: str, traded: TradedDay) -> Iterator[AssetCheckResult]:
    """Reconciled: what the quoted prices earned, less every cost, is what the fills' cash says."""
    trades = [trade for result in traded.results for trade in result.trades]
    gap = sum(abs(t.gross_pnl_usd - t.slippage_usd - t.fees_usd - t.funding_usd - t.pnl_usd) for t in trades)
    reason = f"{len(trades)} trades, {gap:.4f} USD apart"
    yield _result(kind, coin, RECONCILED, passed=gap < _CENT_USD, reason=reason)


def selected(context: AssetExecutionContext, results: Iterator[AssetCheckResult]) -> Iterator[AssetCheckResult]:
    """Those of the results that this run was asked for."""
    wanted = context.selected_asset_check_keys
    for result in results:
        if result.asset_key and AssetCheckKey(result.asset_key, result.check_name or "") in wanted:
            yield result


def _result(
    kind: str,
    coin: str,
    name: str,
    *,
    passed: bool,
    reason: str,
    severity: AssetCheckSeverity = AssetCheckSeverity.ERROR,
) -> AssetCheckResult:
    return AssetCheckResult(
        asset_key=asset_key(kind, coin), check_name=name, passed=passed, severity=severity, metadata={"reason": reason}
    )

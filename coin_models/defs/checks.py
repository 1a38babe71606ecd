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

COMPLETE_AND_SANE = "complete_and_sane"
SOUND, SKILLED = "sound", "better_than_unconditional"
RECONCILED = "reconciled"
_CENT_USD = 0.01

_DESCRIPTIONS = {
    COMPLETE_AND_SANE: "Enough of the day's candles, no outage (error); no frozen candles, no wicks (warning).",
    SOUND: "Weights are finite and not far from the parent's; the outermost quantiles hold the share that they should.",
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
    """Complete and sane, in one check: each costs Dagster three events, and there may be 500 coins."""
    complete = quality.coverage >= settings.market.min_day_coverage and not quality.num_outages
    sane = not (quality.num_frozen or quality.num_wicks)
    severity = AssetCheckSeverity.WARN if complete else AssetCheckSeverity.ERROR
    reason = "; ".join(quality.problems) or "nothing odd"
    yield _result(kind, quality.coin, COMPLETE_AND_SANE, passed=complete and sane, reason=reason, severity=severity)


def model_checks(
    kind: str, version: ModelVersion, bundle: Bundle, parent: Bundle | None, settings: Settings
) -> Iterator[AssetCheckResult]:
    """Sound and skilled."""
    coin = version.coin
    problems = [
        *find_weight_problems(bundle.weights, parent.weights if parent else None, settings.trading),
        *_calibration_problems(bundle, settings),
    ]
    yield _result(
        kind, coin, SOUND, passed=not problems, reason="; ".join(problems) or "weights and calibration are sound"
    )
    skilled = version.skill is not None and version.skill > 0
    reason = f"skill {version.skill:+.4f}" if version.skill is not None else "skill is not known"
    yield _result(kind, coin, SKILLED, passed=skilled, reason=reason, severity=AssetCheckSeverity.WARN)


def _calibration_problems(bundle: Bundle, settings: Settings) -> list[str]:
    levels = bundle.manifest.architecture.quantiles
    validation = bundle.manifest.metrics.get("validation", {})
    low, high = validation.get(f"coverage_{levels[0]:g}"), validation.get(f"coverage_{levels[-1]:g}")
    nominal = levels[-1] - levels[0]
    held = high - low if low is not None and high is not None else float("nan")
    if abs(held - nominal) <= settings.trading.rollback_coverage_tolerance:
        return []
    return [f"the {nominal:.0%} interval held {held:.1%} of the validation outcomes"]


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

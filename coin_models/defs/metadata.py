"""The metadata that the UI shows of each coin: quality, cost, interruptions, starting weights.

The same name means the same thing on every asset, so that the UI's plots over partitions line up. The UI plots every
number, in the order of the alphabet: what a person would follow over the days is a number of six digits, the rest is text.
Metadata is small, since Dagster keeps it for ever, and writes 150 bytes around each value: a curve is a line of blocks.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from dagster import MetadataValue

from coin_models.defs.links import day_link
from coin_models.market.candles import Candles
from coin_models.market.quality import DayQuality
from coin_models.pipeline.daily_report import StoredReport
from coin_models.pipeline.train.outcome import CoinOutcome
from coin_models.registry.bundle import Manifest
from coin_models.reporting.report.collect import HISTORY_DAYS
from coin_models.reporting.report.markdown import render_markdown
from coin_models.reporting.report.sparkline import sparkline
from coin_models.settings.levels import coverage_name
from coin_models.settings.trading import TradingSettings
from coin_models.trading.out_of_sample import OutOfSampleRecord
from coin_models.trading.patterns.library import Library
from coin_models.trading.shadow_trader import TradedDay

Metadata = Mapping[str, Any]  # what Dagster takes as metadata values


def candle_metadata(quality: DayQuality, of_day: Candles, num_candles_lookback: int) -> Metadata:
    """Metadata of `candles/<COIN>`."""
    counts = f"{quality.num_candles} of {quality.num_expected}, {quality.num_gaps} gaps"
    return {
        "candles": f"{counts}; {num_candles_lookback:,} in the lookback",
        "coverage": short(quality.coverage),
        **({"close": short(float(of_day.close[-1]))} if len(of_day) else {}),
        **({"problems": "; ".join(quality.problems)} if quality.problems else {}),
    }


def model_metadata(outcome: CoinOutcome, manifest: Manifest, *, usd_per_hour: float) -> Metadata:
    """Metadata of `model/<COIN>`; the outcome must have a version."""
    version = outcome.version
    if version is None:
        raise ValueError(f"{outcome.coin} of {outcome.day} has no version to describe")
    validation = manifest.metrics.get("validation", {})
    return {
        "validation_skill": short(version.skill) if version.skill is not None else float("nan"),
        "parent": manifest.parent_id or "full retrain",
        "fit_seconds": short(version.fit_seconds),
        **({"cost_usd": short(version.fit_seconds / 3600 * usd_per_hour)} if usd_per_hour else {}),
        "loss_curve": "; ".join(f"{split} {_curve(losses)}" for split, losses in manifest.loss_curve.items()),
        "calibration": ", ".join(f"{level:g}: {share:.3f}" for level, share in _held(manifest, validation).items()),
        "fit": f"{outcome.action.value}: " + ", ".join(_fit_words(outcome, manifest, validation.get("pinball"))),
        "version": version.id,
    }


def _fit_words(outcome: CoinOutcome, manifest: Manifest, pinball: float | None) -> Iterator[str]:
    yield f"best epoch {manifest.best_epoch}"
    if pinball is not None:
        yield f"pinball loss {pinball:.4g}"
    if outcome.num_candles:
        yield f"{outcome.num_candles:,} candles"
    if outcome.samples_per_second:
        yield f"{outcome.samples_per_second:,.0f} samples/s"
    if outcome.version is not None and outcome.version.resumed:
        yield "across an interruption"


def _held(manifest: Manifest, validation: Mapping[str, float | None]) -> dict[float, float]:
    """By quantile, the share of the validation outcomes that was at or below its forecast."""
    shares = {level: validation.get(coverage_name(level)) for level in manifest.architecture.quantiles}
    return {level: share for level, share in shares.items() if share is not None}


def trade_metadata(traded: TradedDay) -> Metadata:
    """Metadata of `shadow_trades/<COIN>`: out-of-sample skill, champion's and challenger's day, and the decision."""
    decision = traded.decision
    figures: dict[str, Any] = {"decision": f"{decision.verdict.value}: {decision.reason}"}
    figures["champion_from_now_on"] = decision.version_id or "none"
    if traded.results:
        figures["versions"] = ", ".join(
            f"{result.trader.role.value} {result.trader.version_id}" for result in traded.results
        )
    for result in traded.results:
        role = result.trader.role.value
        prefix = "" if role == "champion" else f"{role}_"
        figures |= {f"{prefix}num_trades": len(result.trades), f"{prefix}pnl_usd": short(result.pnl_usd)}
    return figures | _skills(traded.out_of_sample_record)


def _skills(record: OutOfSampleRecord | None) -> dict[str, float]:
    """Of one day: a plot over partitions shows the others."""
    if record is None:
        return {}
    skills = {
        "skill_over_reference": record.skill_over_reference,
        "skill_over_unconditional": record.skill_over_unconditional,
    }
    return {name: short(skill) for name, skill in skills.items() if skill is not None}


def pattern_metadata(library: Library, trading: TradingSettings) -> Metadata:
    """Metadata of `pattern_library`."""
    significant = [p for p in library.patterns if p.is_significant(trading.pattern_false_discovery_rate)]
    return {
        "num_patterns": len(library.patterns),
        "num_significant": len(significant),
        "num_active": sum(near.active for near in library.nearest),
    }


def report_metadata(stored: StoredReport) -> Metadata:
    """Metadata of `daily_report`: the report itself, readable in place."""
    report = stored.report
    skill, validation_skill = report.skill_over_reference, report.mean_validation_skill()
    return {
        "report": MetadataValue.md(render_markdown(report)),
        "page": day_link(report.day),
        "html": MetadataValue.path(stored.html_key),
        "json": MetadataValue.path(stored.json_key),
        **({f"skill_over_reference_{HISTORY_DAYS}_days": short(skill.mean)} if skill is not None else {}),
        **({"mean_validation_skill": short(validation_skill)} if validation_skill is not None else {}),
        "pnl_usd": short(report.pnl_usd),
        **({"cost_usd": short(report.costs.billed_usd)} if report.costs.billed_usd is not None else {}),
        "num_trades": len(report.trades),
        "num_data_problems": len(report.problems),
    }


def short(value: float) -> float:
    """A number of six digits: what a person reads."""
    return float(f"{value:.6g}")


def _curve(values: Sequence[float]) -> str:
    """The first and the last figure with the curve between them, such as `0.412 \u2588\u2585\u2582\u2581 0.391`."""
    return f"{values[0]:.4g} {sparkline(values)} {values[-1]:.4g}" if values else "none"

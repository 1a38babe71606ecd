"""The metadata that the UI shows of each coin: quality, cost, interruptions, starting weights.

The same name means the same thing on every asset, so that the UI's plots over partitions line up. Plots take numbers
only: yes and no are 1 and 0. Metadata is small, since Dagster keeps it for ever: a curve is a line of blocks.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from dagster import MetadataValue

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
    return {
        "num_candles": quality.num_candles,
        "coverage": quality.coverage,
        "num_gaps": quality.num_gaps,
        "num_candles_lookback": num_candles_lookback,
        **({"close": float(of_day.close[-1])} if len(of_day) else {}),
        **({"problems": "; ".join(quality.problems)} if quality.problems else {}),
    }


def model_metadata(outcome: CoinOutcome, manifest: Manifest, *, usd_per_hour: float) -> Metadata:
    """Metadata of `model/<COIN>`; the outcome must have a version."""
    version = outcome.version
    if version is None:
        raise ValueError(f"{outcome.coin} of {outcome.day} has no version to describe")
    validation = manifest.metrics.get("validation", {})
    return {
        "action": outcome.action.value,
        "validation_skill": version.skill if version.skill is not None else float("nan"),
        "parent": manifest.parent_id or "full retrain",
        "resumed": int(version.resumed),
        "fit_seconds": version.fit_seconds,
        "cost_usd": version.fit_seconds / 3600 * usd_per_hour,
        "loss_curve": "; ".join(f"{split} {_curve(losses)}" for split, losses in manifest.loss_curve.items()),
        "calibration": ", ".join(f"{level:g}: {share:.3f}" for level, share in _held(manifest, validation).items()),
        "best_epoch": manifest.best_epoch,
        **({"samples_per_second": outcome.samples_per_second} if outcome.samples_per_second else {}),
        **({"num_candles": outcome.num_candles} if outcome.num_candles else {}),
        "validation_pinball": validation.get("pinball") or float("nan"),
        "version": version.id,
    }


def _held(manifest: Manifest, validation: Mapping[str, float | None]) -> dict[float, float]:
    """By quantile, the share of the validation outcomes that was at or below its forecast."""
    shares = {level: validation.get(coverage_name(level)) for level in manifest.architecture.quantiles}
    return {level: share for level, share in shares.items() if share is not None}


def trade_metadata(traded: TradedDay) -> Metadata:
    """Metadata of `shadow_trades/<COIN>`: out-of-sample skill, champion's and challenger's day, and the decision."""
    figures: dict[str, Any] = {"decision": traded.decision.verdict.value, "why": traded.decision.reason}
    figures["champion_from_now_on"] = traded.decision.version_id or "none"
    for result in traded.results:
        role = result.trader.role.value
        prefix = "" if role == "champion" else f"{role}_"
        figures |= {
            f"{prefix}version": result.trader.version_id,
            f"{prefix}num_trades": len(result.trades),
            f"{prefix}pnl_usd": result.pnl_usd,
        }
    return figures | _skills(traded.out_of_sample_record)


def _skills(record: OutOfSampleRecord | None) -> dict[str, float]:
    """Of one day: a plot over partitions shows the others."""
    if record is None:
        return {}
    skills = {
        "skill_over_reference": record.skill_over_reference,
        "skill_over_unconditional": record.skill_over_unconditional,
    }
    return {name: skill for name, skill in skills.items() if skill is not None}


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
        "html": MetadataValue.path(stored.html_key),
        "json": MetadataValue.path(stored.json_key),
        **({f"skill_over_reference_{HISTORY_DAYS}_days": skill.mean} if skill is not None else {}),
        **({"mean_validation_skill": validation_skill} if validation_skill is not None else {}),
        "pnl_usd": report.pnl_usd,
        **({"cost_usd": report.costs.billed_usd} if report.costs.billed_usd is not None else {}),
        "num_trades": len(report.trades),
        "num_data_problems": len(report.problems),
    }


def _curve(values: Sequence[float]) -> str:
    """The first and the last figure with the curve between them, such as `0.412 \u2588\u2585\u2582\u2581 0.391`."""
    return f"{values[0]:.4g} {sparkline(values)} {values[-1]:.4g}" if values else "none"

"""What the UI shows of each coin: is it good, what did it cost, was it interrupted, from what did it start.

Belongs here: domain values as Dagster metadata; the same name means the same thing on every asset, so that the UI's
plots over partitions line up. Not here: computing any of it.
"""

import base64
from collections.abc import Mapping, Sequence
from typing import Any

from dagster import MetadataValue

from coin_models.daily.morning import StoredReport
from coin_models.daily.publish import CoinOutcome
from coin_models.market.candles import Candles
from coin_models.market.quality import DayQuality
from coin_models.registry.bundle import Manifest
from coin_models.reporting.daily.markdown import render_markdown
from coin_models.settings.trading import TradingSettings
from coin_models.trading.desk import TradedDay
from coin_models.trading.patterns.library import Library

Metadata = Mapping[str, Any]  # what Dagster takes as metadata values


def candle_metadata(quality: DayQuality, lookback: Candles) -> Metadata:
    """Metadata of `candles/<COIN>`."""
    return {
        "num_candles": quality.num_candles,
        "coverage": quality.coverage,
        "num_gaps": quality.num_gaps,
        "longest_gap_candles": quality.longest_gap,
        "num_outages": quality.num_outages,
        "num_frozen": quality.num_frozen,
        "num_wicks": quality.num_wicks,
        "num_zero_volume": quality.num_zero_volume,
        "is_listing_day": quality.is_listing_day,
        "num_candles_lookback": len(lookback),
        "close": float(lookback.close[-1]),
        "problems": "; ".join(quality.problems) or "none",
    }


def model_metadata(outcome: CoinOutcome, manifest: Manifest, *, usd_per_hour: float) -> Metadata:
    """Metadata of `model/<COIN>`; the outcome must have a version."""
    version = outcome.version
    if version is None:
        raise ValueError(f"{outcome.coin} of {outcome.day} has no version to describe")
    validation = manifest.metrics.get("validation", {})
    return {
        "action": outcome.action.value,
        "skill": version.skill if version.skill is not None else float("nan"),
        **{f"validation_{name}": value for name, value in validation.items() if value is not None and name != "skill"},
        "started_from": manifest.parent_id or "cold",
        "was_resumed": version.resumed,
        "best_epoch": manifest.best_epoch,
        "fit_seconds": version.fit_seconds,
        "cost_usd": version.fit_seconds / 3600 * usd_per_hour,
        **({"samples_per_second": outcome.samples_per_second} if outcome.samples_per_second else {}),
        **({"num_candles": outcome.num_candles} if outcome.num_candles else {}),
        "fingerprint": version.fingerprint,
        "weights_sha256": version.weights_sha256,
        "weights": MetadataValue.path(version.weights_key),
        "loss_curve": _picture("loss per epoch", loss_chart(manifest.loss_curve)),
    }


def trade_metadata(traded: TradedDay) -> Metadata:
    """Metadata of `shadow_trades/<COIN>`: the champion's day, the challenger's beside it, and the decision."""
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
    return figures


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
    mean_skill = report.mean_skill()
    return {
        "report": MetadataValue.md(render_markdown(report)),
        "html": MetadataValue.path(stored.html_key),
        "json": MetadataValue.path(stored.json_key),
        **({"mean_skill": mean_skill} if mean_skill is not None else {}),
        "pnl_usd": report.pnl_usd,
        "num_data_problems": len(report.problems),
    }


def _picture(title: str, svg: str) -> MetadataValue:
    """A picture in markdown, which the UI shows in place."""
    return MetadataValue.md(f"![{title}](data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()})")


_WIDTH, _HEIGHT, _MARGIN = 420, 180, 34
_COLOURS = {"train": "#7c8896", "validation": "#2f6fed"}


def loss_chart(curves: Mapping[str, Sequence[float]]) -> str:
    """Pinball loss per epoch as an SVG picture: drawn by hand, since matplotlib takes 80 ms for each of 500 coins."""
    values = [value for curve in curves.values() for value in curve]
    low, high = (min(values), max(values)) if values else (0.0, 1.0)
    epochs = max((len(curve) for curve in curves.values()), default=1)
    parts = [_line(name, curve, row, low, high, epochs) for row, (name, curve) in enumerate(curves.items())]
    parts += [
        _text(4, _MARGIN, f"{high:.4f}"),
        _text(4, _HEIGHT - _MARGIN, f"{low:.4f}"),
        _text(_WIDTH // 2, _HEIGHT - 8, f"epoch 1 to {epochs}, pinball loss", anchor="middle"),
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{_HEIGHT}" font-family="sans-serif" '
        f'font-size="11"><rect width="100%" height="100%" fill="#fff"/>{"".join(parts)}</svg>'
    )


def _line(name: str, curve: Sequence[float], row: int, low: float, high: float, epochs: int) -> str:
    colour = _COLOURS.get(name, "#444")
    x_step = (_WIDTH - 2 * _MARGIN) / max(epochs - 1, 1)
    y_scale = (_HEIGHT - 2 * _MARGIN) / ((high - low) or 1e-9)
    points = " ".join(
        f"{_MARGIN + i * x_step:.1f},{_HEIGHT - _MARGIN - (value - low) * y_scale:.1f}" for i, value in enumerate(curve)
    )
    legend = _text(_WIDTH - _MARGIN - 70 * row, 14, name, colour=colour, anchor="end")
    return f'<polyline fill="none" stroke="{colour}" stroke-width="2" points="{points}"/>{legend}'


def _text(x: int, y: int, text: str, *, colour: str = "#444", anchor: str = "start") -> str:
    return f'<text x="{x}" y="{y}" fill="{colour}" text-anchor="{anchor}">{text}</text>'

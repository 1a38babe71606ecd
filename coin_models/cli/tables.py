"""Renders domain values as tables with rich."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from coin_models.cli.wide_tables import print_table
from coin_models.operations.attempts import AttemptAction
from coin_models.pipeline.run_summary import CoinSummary, RunSummary
from coin_models.registry.versions import ModelVersion
from coin_models.reporting.report.causes import CoinNote, one_line_each
from coin_models.reporting.report.out_of_sample import DailyMean
from coin_models.settings.levels import ForecastInterval
from coin_models.settings.root import Settings

_REASONS_SHOWN = 12
_COVERAGE = "coverage"
_SKILL = "validation skill"
_WORDS = {
    "failed": "red",
    "quarantined": "red",
    "unavailable": "yellow",
    "waiting": "yellow",
    "stale": "cyan",
    "skipped": "dim",
}
"""States whose reasons are shown, in this order."""

_MAX_ROWS = 60  # coins of a table on a terminal
_LOWEST = 10
_COINS_SHOWN = 5  # by name, where all are counted


def print_day_reports(
    console: Console,
    reports: Sequence[RunSummary],
    settings: Settings,
    unproven: Sequence[str] = (),
    skill: DailyMean | None = None,
    *,
    today: date,
) -> None:
    """What was trained, how good it is, where it is kept, and what to try next.

    Args:
        unproven: coins that have no champion yet.
        skill: out-of-sample, of all coins over the reference; None: no day is recorded yet.
        today: the UTC day, to see whether the candles ended in the past.
    """
    if skill is not None:
        console.print(f"out-of-sample skill over the reference, all coins: [bold]{skill}[/]", soft_wrap=True)
        console.print("each coin's: [bold]coin-models skill[/]; below, validation skill: a flattering figure")
    if len(reports) == 1:
        print_table(console, _coins_table(reports[0]))
    else:
        print_table(console, _days_table(reports))
    _print_reasons(console, reports)
    _print_summary(console, reports)
    reached = {coin for report in reports for coin, item in report.coins.items() if item.state != "skipped"}
    _print_unproven(console, [coin for coin in unproven if coin in reached])
    where = escape(settings.store_url or str(settings.home / "store"))
    console.print(
        f"stored in [bold]{where}[/] (weights: safetensors, registry: `coin-models models list`)", soft_wrap=True
    )
    console.print(_next_steps(reports, settings.source, today))


def _next_steps(reports: Sequence[RunSummary], source: str, today: date) -> str:
    """What to try with what there is now: a model of the newest day, or the reasons why there is none."""
    has_model = [coin for report in reversed(reports) for coin, item in report.coins.items() if item.version]
    if not has_model:
        return (
            "next: [bold]coin-models status[/] lists the reasons; [bold]coin-models doctor[/] checks what a run needs"
        )
    has_ended = source == "files" and reports[-1].day < today - timedelta(days=2)
    forecast = f"coin-models predict {escape(has_model[0])}{' --allow-stale' if has_ended else ''}"
    when = "the hour after the last candle" if has_ended else "the next hour"
    steps = [f"next: [bold]coin-models ui[/] opens the UI on this home; [bold]{forecast}[/] forecasts {when}"]
    if source == "demo":
        steps.append("press Ctrl-C (or kill -9) in the middle of a run and start it again")
        steps.append("other markets (demo, files, an exchange): docs/getting-started.md")
    return "; ".join(steps)


def _coins_table(report: RunSummary) -> Table:
    shown = _rows_shown(report)
    left_out = len(report.coins) - len(shown)
    title = f"models of {report.day}"
    if left_out:
        title += f": the {len(shown)} of {len(report.coins)} coins with the lowest validation skill"
    table = Table(title=title, title_justify="left", header_style="bold", box=None, pad_edge=False)
    coverage = _coverage_column(report)
    for name in ("coin", "what", _SKILL, coverage, "started from", "weights"):
        table.add_column(name, justify="right" if name in (_SKILL, coverage) else "left")
    for coin, item in shown.items():
        cover = _coverage(item, say_which=coverage == _COVERAGE)
        table.add_row(coin, _what(item), _skill(item), cover, _parent(item), _digest(item))
    return table


def _rows_shown(report: RunSummary) -> Mapping[str, CoinSummary]:
    """All coins where a screen holds them; else the models that need a look first. Coins without one have their reasons below."""
    if len(report.coins) <= _MAX_ROWS:
        return report.coins
    judged = {coin: item.version.skill or 0.0 for coin, item in report.coins.items() if item.version}
    return {coin: report.coins[coin] for coin in sorted(judged, key=lambda coin: judged[coin])[:_LOWEST]}


def _coverage_column(report: RunSummary) -> str:
    """The column's name; where the versions have different levels, each cell says its own interval."""
    intervals = {_interval(item.version) for item in report.coins.values() if item.version}
    labels = {interval.label for interval in intervals if interval}
    return f"{_COVERAGE} of the {labels.pop()}" if len(labels) == 1 else _COVERAGE


def _interval(version: ModelVersion) -> ForecastInterval | None:
    return ForecastInterval.of_metrics(version.metrics.get("validation", {}))


def _what(item: CoinSummary) -> str:
    word = _word(item)
    colour = {"done": "green", "stale": "cyan", "skipped": "dim", "failed": "red", "quarantined": "red"}.get(
        word, "yellow"
    )
    return f"[{colour}]{item.action.value if word == 'done' else word}[/]"


def _word(item: CoinSummary) -> str:
    """The coin's state; a file of its own that cannot be read is a failure, as the exit code says."""
    own_fault = item.state == "unavailable" and item.action is AttemptAction.FAILED
    return "failed" if own_fault else item.state


def _skill(item: CoinSummary) -> str:
    return f"{item.version.skill:+.4f}" if item.version and item.version.skill is not None else ""


def _coverage(item: CoinSummary, *, say_which: bool) -> str:
    if item.version is None:
        return ""
    interval = _interval(item.version)
    coverage = interval.coverage(item.version.metrics.get("validation", {})) if interval else None
    if interval is None or coverage is None:
        return "[red]unknown[/]"
    return f"{coverage:.1%} of the {interval.label}" if say_which else f"{coverage:.1%}"


def _parent(item: CoinSummary) -> str:
    if item.version is None:
        return ""
    return item.version.parent_id or "full retrain"


def _digest(item: CoinSummary) -> str:
    return item.version.weights_sha256[:12] if item.version else ""


def _days_table(reports: Sequence[RunSummary]) -> Table:
    table = Table(header_style="bold", box=None, pad_edge=False)
    for name in ("day", "trained", "reused", "skipped", "failed", f"mean {_SKILL}", "seconds", "of it fitting"):
        table.add_column(name, justify="left" if name == "day" else "right")
    for report in reports:
        skills = [c.version.skill for c in report.coins.values() if c.version and c.version.skill is not None]
        table.add_row(
            str(report.day),
            str(report.count(AttemptAction.TRAINED, AttemptAction.RESUMED)),
            str(report.count(AttemptAction.REUSED)),
            str(len(report.skipped)),
            str(len(report.failed)),
            f"{sum(skills) / len(skills):+.4f}" if skills else "",
            f"{report.wall_seconds:.1f}",
            f"{report.fit_seconds:.1f}",
        )
    return table


def _print_reasons(console: Console, reports: Sequence[RunSummary]) -> None:
    lines = [
        f"[yellow]{report.day}: {len(report.deferred)} coin(s) deferred:[/] {escape(next(iter(report.deferred.values())))}"
        for report in reports
        if report.deferred
    ]
    lines += [
        f"[{colour}]{report.day}[/] {escape(line)}"
        for report in reports
        for word, colour in _WORDS.items()
        for line in one_line_each(
            CoinNote(coin=coin, words=f" {word}: {item.reason or ''}")
            for coin, item in report.coins.items()
            if _word(item) == word
        )
    ]
    lines += [
        f"[dim]{report.day} {coin}:[/] {escape(item.reason)}"  # what was there before has none
        for report in reports
        for coin, item in report.coins.items()
        if item.state == "done" and item.reason
    ]
    lines += [
        f"[red]{report.day} {step} failed:[/] {escape(reason)}"
        for report in reports
        for step, reason in report.step_failures.items()
        if not _is_said(report, step, reason)
    ]
    for line in lines[:_REASONS_SHOWN]:
        console.print(line)
    if len(lines) > _REASONS_SHOWN:
        console.print(f"... and {len(lines) - _REASONS_SHOWN} more; `coin-models status` shows all")


def _is_said(report: RunSummary, step: str, reason: str) -> bool:
    """Whether the step failed for the reason that stands above for its coin."""
    item = report.coins.get(step.rpartition(" of ")[2])
    return item is not None and _word(item) in _WORDS and bool(item.reason) and str(item.reason) in reason


def _print_unproven(console: Console, coins: Sequence[str]) -> None:
    """Says what forecasts the coins whose versions have not yet shown that they are better than the reference."""
    if coins:
        named = ", ".join(coins[:_COINS_SHOWN]) + (", ..." if len(coins) > _COINS_SHOWN else "")
        console.print(
            f"no champion yet for {len(coins)} coin{'s' if len(coins) > 1 else ''} ({named}): the reference in each version "
            "forecasts until versions are shown to be better on days they never saw (docs/promotion.md)"
        )


def _print_summary(console: Console, reports: Sequence[RunSummary]) -> None:
    trained = sum(report.count(AttemptAction.TRAINED, AttemptAction.RESUMED) for report in reports)
    reused = sum(report.count(AttemptAction.REUSED) for report in reports)
    words = Counter(_word(item) for report in reports for item in report.coins.values())
    others = ("stale", "unavailable", "waiting", "quarantined", "deferred")
    parents = sum(report.num_parents for report in reports)
    seconds = sum(report.wall_seconds for report in reports)
    fitting = sum(report.fit_seconds for report in reports)
    left = "".join(f", {count} {word}" for word in others if (count := words[word]))
    made = f"{trained} trained" + (f" (and {parents} full retrains that they start from)" if parents else "")
    console.print(
        f"[bold]{made}, {reused} up to date, {words['failed']} failed{left}[/] in {seconds:.1f} s, {fitting:.1f} s of it fitting"
    )

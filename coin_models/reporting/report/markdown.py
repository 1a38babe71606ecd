"""The report as markdown, for the asset's metadata in the Dagster UI."""

from collections.abc import Iterable

from coin_models.reporting.report.causes import by_cause
from coin_models.reporting.report.coverage import coverage_heading, coverage_text
from coin_models.reporting.report.daily_report import DailyReport
from coin_models.reporting.report.headline import headline
from coin_models.reporting.report.numbers import UNKNOWN, cost, duration, percent, signed, usd
from coin_models.reporting.report.out_of_sample import figure_text

_MAX_ROWS = 40  # of a table that a person reads in a terminal, or on an asset's page


def render_markdown(report: DailyReport) -> str:
    """The report in markdown."""
    top = headline(report)
    sections = [f"# {_escape(report.title)}", _escape(top.summary)]
    if top.verdict:
        sections.append(_escape(top.verdict))
    if top.attention:
        sections.append("**Needs attention**\n\n" + "\n".join(f"* {_escape(item)}" for item in top.attention))
    if report.figures:
        rows = ((figure.label, figure.value, figure.interval or "") for figure in report.figures)
        sections.append(_table(("figure", "", ""), rows))
    sections.append(_coins(report))
    changes = report.decisions_of("promote", "rollback", "none")
    if changes:
        sections.append(
            "**Champions**\n\n"
            + "\n".join(
                f"* {_escape(cause.names)} {cause.line.decision}: {_escape(cause.reason)}"
                for cause in by_cause(changes)
            )
        )
    if report.patterns:
        sections.append(_patterns(report))
    sections.append(_costs(report))
    return "\n\n".join(sections) + "\n"


def _coins(report: DailyReport) -> str:
    rows = (
        (
            coin.coin,
            coin.state,
            figure_text(coin.skill_over_reference),
            figure_text(coin.skill_over_unconditional),
            signed(coin.validation_skill, 4),
            coverage_text(coin, report.coins),
            str(coin.num_trades) if coin.forecaster_id else UNKNOWN,
            usd(coin.pnl_usd),
            usd(coin.challenger_pnl_usd),
        )
        for coin in report.coins[:_MAX_ROWS]
    )
    skills = ("skill over the reference", "over unconditional", "validation skill")
    coverage = coverage_heading(report.coins).lower()
    table = _table(("coin", "model", *skills, coverage, "trades", "shadow P&L", "challenger"), rows)
    return table + _more(len(report.coins), "coins")


def _more(number: int, what: str) -> str:
    """What a table of the first rows leaves out."""
    return f"\n\n{number - _MAX_ROWS} more {what} are on the page and in the JSON." if number > _MAX_ROWS else ""


def _patterns(report: DailyReport) -> str:
    rows = (
        (
            line.coin,
            line.pattern_id,
            f"{line.correlation:.2f}",
            str(line.num_matches),
            percent(line.mean_return, 2, sign=True),
            UNKNOWN if line.q_value is None else f"{line.q_value:.2f}",
        )
        for line in report.patterns[:_MAX_ROWS]
    )
    table = _table(("coin", "pattern now", "likeness", "seen", "mean return after", "q"), rows)
    return table + _more(len(report.patterns), "patterns")


def _costs(report: DailyReport) -> str:
    costs = report.costs
    saved = f", {cost(costs.saved_usd)} less than on-demand" if costs.saved_usd is not None else ""
    redone = f", {duration(costs.redone_seconds)} redone after {costs.num_interruptions} interruptions"
    billed = f" Cost {cost(costs.billed_usd)}{saved}." if costs.billed_usd else ""
    return f"Fitting {duration(costs.useful_seconds)}{redone}.{billed}"


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    lines += [f"| {' | '.join(_escape(cell) for cell in row)} |" for row in rows]
    return "\n".join(lines)


def _escape(value: str) -> str:
    return value.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")

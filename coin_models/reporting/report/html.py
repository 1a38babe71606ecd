"""The report as one HTML page without external resources: no script, font or picture from elsewhere.

Its tables sort and filter by a script of its own (tables.js); without scripts, and on paper, they are whole.
"""

from collections.abc import Iterable
from functools import cache
from importlib.resources import files

from jinja2 import Environment, StrictUndefined, Template
from markupsafe import Markup

from coin_models.reporting.report import charts, coverage, numbers, out_of_sample
from coin_models.reporting.report.causes import by_cause
from coin_models.reporting.report.daily_report import DailyReport
from coin_models.reporting.report.headline import headline

_MAX_PATTERNS = 12


def render_html(report: DailyReport) -> str:
    """The page. Whatever comes from data is escaped; only the pictures, which escape themselves, are passed through."""
    return render_page(
        "page.html",
        title=f"coin_models {report.day}",
        report=report,
        causes=by_cause,
        extremes=_extremes,
        headline=headline(report),
        n=numbers,
        coverages=coverage,
        skills=out_of_sample,
        equity=Markup(charts.equity_chart(report.equity)) if _has_moved(report) else None,  # noqa: S704 - escaped in svg.py
        skill=Markup(charts.skill_chart(report.coins)) if report.skill_over_reference is not None else None,  # noqa: S704
        validation_skill=(
            Markup(charts.validation_skill_chart(report.coins))  # noqa: S704
            if report.mean_validation_skill() is not None
            else None
        ),
        coverage=_coverage(report),
        trades=Markup(charts.trades_chart(report)) if report.trades else None,  # noqa: S704
        rent=Markup(charts.rent_chart(report.rent)) if report.rent and report.rent.lines else None,  # noqa: S704
        patterns=[
            (pattern, Markup(charts.pattern_chart(pattern)))  # noqa: S704
            for pattern in report.patterns[:_MAX_PATTERNS]
        ],
        extreme_trades=[trade for trade in (report.best_trade, report.worst_trade) if trade is not None],
    )


def render_page(template: str, **values: object) -> str:
    """A page of a template of this folder, with the style and the script of all of them."""
    style, script = Markup(_own("page.css")), Markup(_own("tables.js"))  # noqa: S704 - no data
    title = values.pop("title", "coin_models")
    head = _template("head.html").render(style=style, title=title)
    return head + _template(template).render(script=script, **values)


@cache
def _template(name: str) -> Template:
    """Compiled once in a process: of a page of three coins that was nearly all of the time."""
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return environment.from_string(_own(name))


@cache
def _own(name: str) -> str:
    return (files(__package__) / name).read_text(encoding="utf-8")


def _extremes(figures: Iterable[object], which: str) -> str:
    """What a chart leaves out; nothing where it shows every coin."""
    number = sum(figure is not None for figure in figures)
    return f" The coins {which}; all {number} are in the table." if number > charts.MAX_ROWS else ""


def _has_moved(report: DailyReport) -> bool:
    """Whether any trade made the equity anything but a flat line, or a dot."""
    return len(report.equity) > 1 and any(point.champion_usd or point.challenger_usd for point in report.equity)


def _coverage(report: DailyReport) -> Markup | None:
    if all(coin.coverage is None for coin in report.coins):
        return None
    return Markup(charts.coverage_chart(report.coins))  # noqa: S704

"""The result of a walk as a terminal table and as docs/skill.md."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from rich.console import Console
from rich.table import Table

WHAT: Final = {
    "unconditional": "quantiles of the coin's past returns",
    "ewma": "those over an exponentially weighted volatility, the half-life that fits best",
    "scaled": "those over the features' range-based volatility: where the network starts",
    "HAR quantiles": "quantile regression on realised volatilities of an hour, a day and a week",
    "GARCH-t": "GARCH(1, 1) with Student's t, filtered historical simulation",
    "linear quantiles": "quantile regression on the network's features",
    "lightgbm": "gradient-boosted quantiles per coin on the same features",
    "network": "the network alone",
    "reference": "ridge of the next hour's range, in closed form",
    "published": "what versions forecast: the mean of network, reference and boosted trees",
    "mean of all": "mean of reference, network, LightGBM and linear quantiles",
}


_INTRODUCTION: Final = """\
Walked forward over {first_day} to {last_day}: each forecaster is fitted on what was known at a day's end, then judged on the
{fit_every_days} days after. Skill is 1 - loss / loss of the base, in terms of the log return over the next hour, mean over
{coins}; above 0 is better than the base.

A positive difference says that `published` is better, with a 90 % interval (Newey-West over a week of days, all coins of a day
counted once). MCS p is that of the model confidence set: below 0.10 a forecaster is not among the best.
Measured at commit {commit}.

Coin-months in which nothing can be known, through real fits of reference and trees:
[promotion](promotion.md#coin-months-without-skill-through-real-fits)."""


def print_summary(summary: Mapping[str, Any]) -> None:
    """One line per forecaster, best first."""
    table = Table(
        title=f"Pinball skill, {summary['first_day']} to {summary['last_day']}, mean of {len(summary['coins'])} coins"
    )
    for column in _NARROW:
        table.add_column(HEAD[column], justify="left" if column == 0 else "right")
    for row in leaderboard(summary):
        table.add_row(*(row[column] for column in _NARROW))
    Console().print(table)


HEAD: Final = (
    "forecaster",
    "over unconditional",
    "over the scale",
    "over the reference",
    "published better by",
    "t",
    "fits",
    "MCS p",
    "fit [s]",
)
_MCS_LEVEL: Final = 0.10
_NARROW: Final = (0, 1, 2, 5, 6, 7, 8)  # what 80 columns hold


def leaderboard(summary: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """Rows in the order of `HEAD`, the best skill over unconditional first."""
    over, against, fits = summary["skill_over"], summary["against"], summary["by_fit"]
    names = sorted(["unconditional", *over["unconditional"]], key=lambda name: -over["unconditional"].get(name, 0.0))
    rows = []
    for name in names:
        rival = against.get(name)
        rows.append(
            (
                name,
                *(f"{over[base][name]:+.4f}" if name in over[base] else "0" for base in over),
                f"{rival['better_by']:+.4f} ({rival['low']:+.4f} to {rival['high']:+.4f})" if rival else "",
                f"{rival['t']:.1f}" if rival else "",
                f"{fits['better_in'][name]} of {fits['fits']}" if rival else "",
                f"{summary['model_confidence_set'][name]:.2f}",
                f"{summary['fit_seconds'][name]:.0f}" if name in summary["fit_seconds"] else "",
            )
        )
    return rows


def render_page(summary: Mapping[str, Any], command: str, commit: str) -> str:
    """docs/skill.md, of a `command` that was run at `commit`."""
    coins = ", ".join(summary["coins"])
    months, quarters = summary["by_month"], summary["by_volatility"]
    names = [row[0] for row in leaderboard(summary) if row[0] not in ("unconditional", "scaled")]
    return (
        "\n\n".join(
            [
                "# Who forecasts better",
                f"<!-- Written by `{command} --page docs/skill.md`. -->",
                _INTRODUCTION.format(**{**summary, "coins": coins, "commit": commit}),
                _table(HEAD, leaderboard(summary)),
                "## Who is better where",
                _who_is_better(summary, names),
                "## What they are",
                _table(
                    ("forecaster", "what it is"),
                    ((name, WHAT[name]) for name in WHAT if name in summary["by_coin"][summary["coins"][0]]),
                ),
                "## By month, over the scale",
                _table(
                    ("forecaster", *months),
                    ((name, *(f"{months[month][name]:+.4f}" for month in months)) for name in names),
                ),
                "## By volatility at the time of the forecast, over the scale",
                _table(
                    ("forecaster", *quarters),
                    ((name, *(f"{quarters[q][name]:+.4f}" for q in quarters)) for name in names),
                ),
                "## By coin, over unconditional",
                _table(
                    ("forecaster", *summary["by_coin"]),
                    ((name, *(f"{skills[name]:+.3f}" for skills in summary["by_coin"].values())) for name in names),
                ),
            ]
        )
        + "\n"
    )


def _who_is_better(summary: Mapping[str, Any], names: Iterable[str]) -> str:
    """Which forecasters may be the best overall; which one is in each part, among those of one model."""
    may_be_best = [name for name, p in summary["model_confidence_set"].items() if p >= _MCS_LEVEL]
    single = [name for name in names if name != "mean of all"]
    parts = {"month": summary["by_month"], "volatility": summary["by_volatility"]}
    lines = [f"* Overall, among the best at the {_MCS_LEVEL:.0%} level: {', '.join(may_be_best)}."]
    for kind, skills in parts.items():
        best = [f"{part}: {max(single, key=skill.__getitem__)}" for part, skill in skills.items()]
        lines.append(f"* Best by {kind}, `mean of all` apart: {'; '.join(best)}.")
    coins = [coin for coin, skill in summary["by_coin"].items() if skill["published"] > skill["reference"]]
    lines.append(f"* `published` is better than `reference` on {len(coins)} of {len(summary['by_coin'])} coins.")
    return "\n".join(lines)


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = list(head)
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}", *(f"| {' | '.join(row)} |" for row in rows)]
    return "\n".join(lines)

"""The morning report of a day: gathered, rendered and stored.

Belongs here: what only the day's work knows (data problems, quarantine, money) and where the files go. Not here: what
the report shows (reporting/daily/).
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from coin_models.daily.status import retry_policy
from coin_models.daily.workshop import Workshop
from coin_models.market.quality import assess_day
from coin_models.operations.worklist import State, standings
from coin_models.planning.accounts import entries_of
from coin_models.planning.ledger import CostLine, Ledger
from coin_models.planning.ledger_rows import LedgerRows
from coin_models.reporting.daily.collect import Outside, collect_report
from coin_models.reporting.daily.html import render_html
from coin_models.reporting.daily.report import DailyReport, DataProblem
from coin_models.storage import keys

HTML, JSON = "report.html", "report.json"
_QUALITY_DAYS = 2  # the day, and the one before it, which tells a listing day


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredReport:
    """A report and where its files are."""

    report: DailyReport
    html_key: str
    json_key: str


def write_report(workshop: Workshop, day: date, coins: Sequence[str]) -> StoredReport:
    """Writes the day's page and the JSON beside it, from what the tables hold now."""
    report = collect_report(workshop.database, day, coins, workshop.clock, _outside(workshop, day, coins))
    stored = StoredReport(report=report, html_key=keys.report(day, HTML), json_key=keys.report(day, JSON))
    workshop.store.put(stored.json_key, json.dumps(report.to_json(), indent=1, default=str).encode())
    workshop.store.put(stored.html_key, render_html(report).encode())
    return stored


def _outside(workshop: Workshop, day: date, coins: Sequence[str]) -> Outside:
    cost = day_cost(workshop, day)
    return Outside(
        problems=tuple(_problems(workshop, day, coins)),
        quarantined=_quarantined(workshop, day, coins),
        billed_usd=cost.cost_usd,
        on_demand_usd=cost.on_demand_usd,
        saved_usd=cost.saved_usd,
    )


def day_cost(workshop: Workshop, day: date) -> CostLine:
    """What the sessions that worked for a trading day cost."""
    sessions, attempts = LedgerRows(workshop.database).of_days(day, day)
    return Ledger(entries_of(sessions, attempts), workshop.settings.costs.prices).between(day, day).total()


def _problems(workshop: Workshop, day: date, coins: Sequence[str]) -> list[DataProblem]:
    first = day - timedelta(days=_QUALITY_DAYS - 1)
    candles = workshop.candles.read_range(coins, first, day)
    return [
        DataProblem(coin=coin, problem=problem)
        for coin, found in candles.items()
        for problem in assess_day(coin, found, day, asked_from=first).problems
    ]


def _quarantined(workshop: Workshop, day: date, coins: Sequence[str]) -> dict[str, str]:
    found = standings(
        ((coin, day) for coin in coins),
        done=workshop.registry.days_done(coins, day, day),
        attempts=workshop.attempts.between(day, day),
        policy=retry_policy(workshop.settings),
        now=workshop.clock.now(),
    )
    return {coin: item.reason or "" for (coin, _), item in found.items() if item.state is State.QUARANTINED}

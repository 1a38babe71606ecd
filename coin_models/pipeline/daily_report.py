"""Gathers, renders and stores the daily report of a day."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from coin_models.costs.ledger.accounts import entries_of
from coin_models.costs.ledger.ledger import CostLine, Ledger
from coin_models.costs.ledger.rows import LedgerRows
from coin_models.errors import CoinModelsError, ObjectNotFound
from coin_models.home.market import market_of
from coin_models.market.quality import assess_day
from coin_models.pipeline.candle_reads import read_ahead
from coin_models.pipeline.coin_days import State, statuses_now
from coin_models.pipeline.derived.digests import DerivedKind, provisional
from coin_models.pipeline.derived.facts import WHOLE_DAY
from coin_models.pipeline.derived.gather import gather_facts
from coin_models.pipeline.derived.inputs import Inputs
from coin_models.pipeline.derived.repository import write_digest
from coin_models.pipeline.key_figures import key_figures, volatility_figures
from coin_models.pipeline.services import Services
from coin_models.registry.decision_copies import copy_decisions
from coin_models.reporting.report.collect import HISTORY_DAYS, Outside, collect_report
from coin_models.reporting.report.daily_report import DailyReport, DataProblem, KeyFigure
from coin_models.reporting.report.html import render_html
from coin_models.reporting.report.markdown import render_markdown
from coin_models.storage import keys
from coin_models.trading.performance import measure
from coin_models.trading.repository import ShadowRepository
from coin_models.trading.volatility_book import measure_volatility_book

HTML, JSON, MARKDOWN = "report.html", "report.json", "report.md"
_QUALITY_DAYS = 2  # the day, and the one before it, which tells a listing day


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredReport:
    """A report and where its files are."""

    report: DailyReport
    html_key: str
    json_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadReport:
    """A report's files as they were stored."""

    day: date
    content: Mapping[str, Any]  # the JSON
    markdown: str
    html_key: str


def read_report(services: Services, day: date | None = None) -> ReadReport:
    """The stored report of a day, or the newest there is.

    Raises:
        ObjectNotFound: there is none.
    """
    stored = sorted(info.key for info in services.store.list(keys.REPORTS) if info.key.endswith(f"/{HTML}"))
    if not stored:
        raise ObjectNotFound("no report yet; `coin-models retrain` writes one for every day it retrains")
    html_key = stored[-1] if day is None else keys.report(day, HTML)
    if html_key not in stored:
        newest = keys.report_day_of(stored[-1])
        raise ObjectNotFound(
            f"there is no report of {day}; `coin-models retrain --day {day}` writes it; the newest report is of {newest}"
        )
    report_day = keys.report_day_of(html_key)
    content, text = keys.report(report_day, JSON), keys.report(report_day, MARKDOWN)
    files = services.store.get_many([content, text])  # both were written before the page
    markdown = files.get(text, b"written by an earlier version of coin_models, which kept no short text").decode()
    return ReadReport(day=report_day, content=json.loads(files[content]), markdown=markdown, html_key=html_key)


def write_report(services: Services, day: date, coins: Sequence[str], *, inputs: Inputs | None = None) -> StoredReport:
    """Writes the day's page and beside it the JSON and a short text, from what the tables hold now.

    The digest of what it was made from is read first and written last: what changes meanwhile makes the report stale.
    """
    facts = gather_facts(services, coins, day, day, inputs)
    wanted = facts.report_digest(day, facts.traded_digests())
    problems, unreadable = _problems(services, day, coins)
    report = _collected(services, day, coins, problems)
    stored = StoredReport(report=report, html_key=keys.report(day, HTML), json_key=keys.report(day, JSON))
    services.store.put(stored.json_key, json.dumps(report.to_json(), indent=1, default=str).encode())
    services.store.put(keys.report(day, MARKDOWN), render_markdown(report).encode())
    services.store.put(stored.html_key, render_html(report).encode())
    copy_decisions(services.database, services.store, day)
    made_from, now = provisional(wanted, unreadable), services.clock.now()
    services.database.transact(
        lambda connection: write_digest(connection, DerivedKind.REPORT, day, WHOLE_DAY, made_from, now)
    )
    return stored


def make_report(services: Services, day: date, coins: Sequence[str]) -> DailyReport:
    """The report of a day from what the tables hold now; nothing is written."""
    problems, _unreadable = _problems(services, day, coins)
    return _collected(services, day, coins, problems)


def _collected(services: Services, day: date, coins: Sequence[str], problems: Sequence[DataProblem]) -> DailyReport:
    return collect_report(services.database, day, coins, services.clock, _outside(services, day, coins, problems))


def _outside(services: Services, day: date, coins: Sequence[str], problems: Sequence[DataProblem]) -> Outside:
    from coin_models.pipeline.cost_forecast import (
        cost_forecast,
    )  # a second of scipy that loading the definitions need not pay

    cost = day_cost(services, day)
    return Outside(
        problems=tuple(problems),
        quarantined=_quarantined(services, day, coins),
        billed_usd=cost.cost_usd,
        on_demand_usd=cost.on_demand_usd,
        saved_usd=cost.saved_usd,
        figures=_figures(services, day),
        rent=cost_forecast(services, len(coins)),
        market=market_of(services.settings).name,
    )


def _figures(services: Services, day: date) -> tuple[KeyFigure, ...]:
    """Of the champions, over the days that the equity curve shows."""
    shadow = ShadowRepository(services.database, services.clock)
    records = shadow.records(day - timedelta(days=HISTORY_DAYS - 1), day)
    if not records:
        return ()
    samples = services.settings.trading.bootstrap_samples
    books = shadow.volatility_days(day - timedelta(days=HISTORY_DAYS - 1), day)
    return (
        *volatility_figures(measure_volatility_book(books, bootstrap_samples=samples)),
        *key_figures(measure(records, bootstrap_samples=samples)),
    )


def day_cost(services: Services, day: date) -> CostLine:
    """What the sessions that worked for a trading day cost."""
    sessions, attempts = LedgerRows(services.database).of_days(day, day)
    return Ledger(entries_of(sessions, attempts), services.settings.costs.prices).between(day, day).total()


def _problems(services: Services, day: date, coins: Sequence[str]) -> tuple[list[DataProblem], list[str]]:
    """What is wrong with the day's candles, and the coins whose candles cannot be read."""
    first = day - timedelta(days=_QUALITY_DAYS - 1)
    problems: list[DataProblem] = []
    unreadable: list[str] = []
    for coin, candles in read_ahead(services.candles, dict.fromkeys(coins, (first, day))):
        if isinstance(candles, CoinModelsError):
            unreadable.append(coin)
            problems.append(DataProblem(coin=coin, problem=f"its candles cannot be read: {candles}"))
            continue
        day_problems = assess_day(coin, candles, day, asked_from=first).problems
        problems += [DataProblem(coin=coin, problem=problem) for problem in day_problems]
    return problems, unreadable


def _quarantined(services: Services, day: date, coins: Sequence[str]) -> dict[str, str]:
    statuses = statuses_now(services, [day], coins)
    return {coin: item.reason or "" for (coin, _), item in statuses.items() if item.state is State.QUARANTINED}

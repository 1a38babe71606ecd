"""The report of a day, collected from a real database."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Table, insert

from coin_models.clock import FixedClock
from coin_models.db.engine import Database
from coin_models.db.opening import open_database
from coin_models.db.schema import attempts, champion_decisions, model_versions, sessions
from coin_models.db.trading_schema import pattern_matches, patterns, shadow_days, shadow_trades
from coin_models.reporting.report.collect import Outside, collect_report
from coin_models.reporting.report.daily_report import CoinLine, DailyReport, DataProblem
from coin_models.reporting.report.html import render_html
from coin_models.settings.root import Settings

DAY = date(2024, 8, 15)
NOW = datetime(2024, 8, 16, 2, 31, tzinfo=UTC)


@pytest.fixture
def database(tmp_path: Path) -> Database:
    database = open_database(Settings(home=tmp_path))
    session = {
        "id": "s1", "machine": "m", "provider": "local", "market": "owned", "price_usd_per_hour": 0.0, "process_id": 1,
        "host": "h", "code_version": "c", "started_at": NOW, "heartbeat_at": NOW,
    }  # fmt: skip
    add(database, sessions, session)
    return database


def add(database: Database, table: Table, *rows: dict[str, Any]) -> None:
    with database.begin() as connection:
        for row in rows:
            connection.execute(insert(table).values(**row))


def attempt(database: Database, coin: str, outcome: str, **values: Any) -> None:
    row = {"coin": coin, "day": DAY, "session_id": "s1", "outcome": outcome, "started_at": NOW, **values}
    add(database, attempts, row)


def version(database: Database, coin: str, day: date = DAY, skill: float | None = 0.01) -> str:
    name = f"{coin}-{day}"
    row = {
        "id": name, "coin": coin, "day": day, "fingerprint": name, "architecture_digest": "a", "weights_key": "w",
        "weights_sha256": "0", "manifest_key": "m", "manifest_sha256": "0", "skill": skill, "metrics": {},
        "code_version": "c", "created_at": NOW, "resumed": False, "fit_seconds": 1.0, "num_steps": 1,
    }  # fmt: skip
    add(database, model_versions, row)
    return name


def shadow_day(database: Database, coin: str, pnl: float, role: str = "champion", day: date = DAY) -> None:
    row = {
        "coin": coin, "day": day, "role": role, "version_id": version(database, f"{coin}", day - timedelta(days=40 + len(role))),
        "num_trades": 2, "num_forecasts": 288, "num_candles": 288, "equity_usd": 10_000.0, "pnl_usd": pnl,
        "fees_usd": 1.0, "slippage_usd": 1.0, "funding_usd": 0.0, "exposure": 0.1, "turnover_usd": 100.0,
        "num_scored": 276, "pinball_loss": 0.2, "pinball_loss_unconditional": 0.25, "coverage": 0.78,
        "statistics": {}, "computed_at": NOW,
    }  # fmt: skip
    add(database, shadow_days, row)


def report(database: Database, *coins: str, outside: Outside | None = None) -> DailyReport:
    return collect_report(database, DAY, coins, FixedClock(NOW), outside)


def line(database: Database, coin: str, outside: Outside | None = None) -> CoinLine:
    (coin_line,) = report(database, coin, outside=outside).coins
    return coin_line


def test_a_coin_nobody_tried_is_missing(database: Database) -> None:
    assert line(database, "BTC").state == "missing"


def test_a_published_coin_says_what_its_last_real_fit_did(database: Database) -> None:
    version(database, "BTC")
    attempt(database, "BTC", "interrupted")
    attempt(database, "BTC", "done", action="resumed")
    attempt(database, "BTC", "reused", action="reused")

    shown = line(database, "BTC")

    assert (shown.state, shown.num_interruptions, shown.validation_skill) == ("resumed", 1, 0.01)


def test_a_failed_coin_says_why(database: Database) -> None:
    attempt(database, "BTC", "failed", reason="FitDiverged: loss is NaN")

    shown = line(database, "BTC")

    assert (shown.state, shown.reason) == ("failed", "FitDiverged: loss is NaN")


def test_a_quarantined_coin_says_why(database: Database) -> None:
    attempt(database, "BTC", "failed", reason="x")

    shown = line(database, "BTC", Outside(quarantined={"BTC": "out of attempts: 5 of 5"}))

    assert (shown.state, shown.reason) == ("quarantined", "out of attempts: 5 of 5")


def test_skill_history_reaches_back_two_weeks_and_no_further(database: Database) -> None:
    for age in (20, 13, 1, 0):
        version(database, "BTC", DAY - timedelta(days=age), skill=age / 1000)

    shown = line(database, "BTC")

    assert [skill for _, skill in shown.validation_history] == [0.013, 0.001, 0.0]


def test_shadow_days_of_both_roles_come_together(database: Database) -> None:
    shadow_day(database, "BTC", 12.0)
    shadow_day(database, "BTC", -4.0, "challenger")

    shown = line(database, "BTC")

    assert (shown.pnl_usd, shown.challenger_pnl_usd, shown.coverage) == (12.0, -4.0, 0.78)
    assert shown.out_of_sample_skill == pytest.approx(0.2)  # 1 - 0.20 / 0.25


def test_equity_is_summed_over_coins_day_by_day(database: Database) -> None:
    for coin, pnl in (("BTC", 10.0), ("ETH", -3.0)):
        shadow_day(database, coin, pnl)
        shadow_day(database, coin, pnl * 2, day=DAY - timedelta(days=1))
    shadow_day(database, "BTC", 99.0, day=DAY - timedelta(days=31))

    whole = report(database, "BTC", "ETH")

    assert [(point.day, point.champion_usd) for point in whole.equity] == [(DAY - timedelta(days=1), 14.0), (DAY, 7.0)]
    assert whole.equity_base_usd == 20_000.0
    assert whole.pnl_usd == 7.0


def test_the_champions_trades_are_listed_with_all_their_costs(database: Database) -> None:
    name = version(database, "BTC")
    trade = {
        "coin": "BTC", "day": DAY, "version_id": name, "version_resumed": True, "side": "short", "decided_at": NOW,
        "exited_at": NOW, "num_candles_held": 12, "quantity": 0.1, "entry_quoted": 1.0, "entry_price": 1.0,
        "exit_quoted": 1.0, "exit_price": 1.0, "size_usd": 500.0, "fees_usd": 0.5, "slippage_usd": 0.2,
        "funding_usd": -0.1, "pnl_usd": 3.0, "exit_reason": "stop", "forecast": {}, "entered_at": NOW,
    }  # fmt: skip
    add(database, shadow_trades, {**trade, "role": "champion"}, {**trade, "role": "challenger", "pnl_usd": 50.0})

    (listed,) = report(database, "BTC").trades

    assert (listed.pnl_usd, listed.exit_reason, listed.version_resumed) == (3.0, "stop", True)
    assert listed.costs_usd == pytest.approx(0.6)


def test_only_the_last_word_about_a_champion_is_told(database: Database) -> None:
    row = {"coin": "BTC", "day": DAY, "version_id": None, "decided_at": NOW, "statistics": {}}
    add(
        database,
        champion_decisions,
        {**row, "decision": "none", "reason": "first", "decided_by": "policy"},
        {**row, "decision": "none", "reason": "second", "decided_by": "ada"},
    )

    (decision,) = report(database, "BTC").decisions

    assert (decision.reason, decision.decided_by) == ("second", "ada")


def test_patterns_near_enough_at_the_days_end_are_shown_the_most_significant_first(database: Database) -> None:
    for number, q_value in enumerate((0.9, 0.04, None), start=1):
        pattern = {
            "day": DAY, "id": f"p{number}", "found_in": "BTC", "found_on": DAY, "shape": [0.0, 1.0, -1.0],
            "first_seen": NOW, "last_seen": NOW, "num_matches": 9, "num_trades": 0, "trades_pnl_usd": 0.0,
            "q_value": q_value, "outcome_by_coin": {}, "computed_at": NOW,
            "outcome": {"mean_return": 0.001, "low_return": -0.01, "high_return": 0.01, "share_up": 0.5},
        }  # fmt: skip
        near = {"day": DAY, "coin": "BTC", "rank": number, "pattern_id": f"p{number}", "correlation": 0.95}
        add(database, patterns, pattern)
        add(database, pattern_matches, {**near, "active": True})
    add(database, pattern_matches, {**near, "coin": "ETH", "active": False})

    whole = report(database, "BTC")

    assert [(one.coin, one.pattern_id) for one in whole.patterns] == [("BTC", "p2"), ("BTC", "p1"), ("BTC", "p3")]
    assert whole.num_patterns == 3


def test_what_it_took_is_summed_and_what_it_cost_is_as_told(database: Database) -> None:
    attempt(database, "BTC", "interrupted", useful_seconds=10.0, redone_seconds=2.0)
    attempt(database, "ETH", "done", useful_seconds=5.0, startup_seconds=1.0)

    costs = report(database, outside=Outside(billed_usd=0.3, saved_usd=0.6)).costs

    assert (costs.useful_seconds, costs.redone_seconds, costs.startup_seconds) == (15.0, 2.0, 1.0)
    assert (costs.num_interruptions, costs.billed_usd, costs.saved_usd) == (1, 0.3, 0.6)


def test_coins_keep_the_universes_order_and_others_come_behind(database: Database) -> None:
    attempt(database, "AAA", "done")

    assert [coin.coin for coin in report(database, "ETH", "BTC").coins] == ["ETH", "BTC", "AAA"]


def test_an_empty_database_still_makes_a_page(database: Database) -> None:
    page = render_html(
        report(database, "BTC", outside=Outside(problems=(DataProblem(coin="BTC", problem="no candles"),)))
    )

    assert "BTC missing: no attempt has been made" in page
    assert "BTC candles: no candles" in page

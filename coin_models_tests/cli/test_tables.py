"""What a person reads after `retrain`."""

import io
import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from rich.console import Console

from coin_models.cli.tables import print_day_reports
from coin_models.operations.attempts import AttemptAction
from coin_models.pipeline.run_summary import CoinSummary, RunSummary
from coin_models.registry.versions import ModelVersion
from coin_models.reporting.report.out_of_sample import DailyMean
from coin_models.settings.market import MarketSettings
from coin_models.settings.root import Settings

DAY = date(2026, 3, 10)
VERSION = ModelVersion(
    id="SOL-1", coin="SOL", day=DAY, fingerprint="f", architecture_digest="a", weights_key="w", weights_sha256="w",
    manifest_key="m", manifest_sha256="m", parent_id=None, skill=None, metrics={}, code_version="c",
    created_at=datetime(2026, 3, 11, tzinfo=UTC), session_id=None, resumed=False, fit_seconds=1.0, num_steps=1,
)  # fmt: skip


def test_what_failed_after_the_models_is_named_with_its_reason(tmp_path: Path) -> None:
    text = io.StringIO()
    failed = {"trades of ETH on 2026-03-12": "its candles are damaged"}
    report = RunSummary(day=DAY, coins={}, wall_seconds=1.0, fit_seconds=0.0, step_failures=failed)

    print_day_reports(Console(file=text, width=200), [report], Settings(home=tmp_path), today=DAY)

    assert "2026-03-10 trades of ETH on 2026-03-12 failed: its candles are damaged" in text.getvalue()


def test_coins_that_wait_for_one_reason_are_one_line_and_their_trades_none_unless_they_failed_otherwise(
    tmp_path: Path,
) -> None:
    text = io.StringIO()
    waits = CoinSummary(state="unavailable", action=AttemptAction.UNAVAILABLE, reason="its candles are late")
    ruled_out = CoinSummary(state="skipped", action=AttemptAction.SKIPPED, reason="illiquid")
    report = RunSummary(
        day=DAY,
        coins={"BTC": waits, "ETH": waits, "SOL": ruled_out},
        wall_seconds=1.0,
        fit_seconds=0.0,
        step_failures={
            "shadow_trades of BTC": "BTC cannot be traded yet: its candles are late",
            "shadow_trades of ETH": "the disk is full",
        },
    )

    print_day_reports(Console(file=text, width=200), [report], Settings(home=tmp_path), ["BTC", "SOL"], today=DAY)

    assert "2026-03-10 2 coins unavailable: its candles are late (BTC, ETH)" in text.getvalue()
    assert "cannot be traded" not in text.getvalue()
    assert "2026-03-10 shadow_trades of ETH failed: the disk is full" in text.getvalue()
    assert "no champion yet for 1 coin (BTC)" in text.getvalue()


def test_coins_without_a_champion_are_said_with_what_forecasts_them(tmp_path: Path) -> None:
    text = io.StringIO()
    done = CoinSummary(state="done", action=AttemptAction.TRAINED)
    report = RunSummary(day=DAY, coins={"BTC": done, "ETH": done}, wall_seconds=1.0, fit_seconds=0.0)

    print_day_reports(Console(file=text, width=200), [report], Settings(home=tmp_path), ["BTC", "SOL"], today=DAY)

    assert "no champion yet for 1 coin (BTC): the reference in each version forecasts" in text.getvalue()


def test_a_coin_that_the_last_day_did_not_reach_has_no_champion_either(tmp_path: Path) -> None:
    text = io.StringIO()
    done = CoinSummary(state="done", action=AttemptAction.TRAINED)
    days = [
        RunSummary(day=DAY, coins={"BTC": done, "SOL": done}, wall_seconds=1.0, fit_seconds=0.0),
        RunSummary(day=DAY + timedelta(days=1), coins={"SOL": done}, wall_seconds=1.0, fit_seconds=0.0),
    ]

    print_day_reports(Console(file=text, width=200), days, Settings(home=tmp_path), ["BTC", "SOL"], today=DAY)

    assert "no champion yet for 2 coins (BTC, SOL)" in text.getvalue()


@pytest.mark.parametrize(
    ("source", "days_later", "next_step"),
    [
        ("files", 800, "coin-models predict SOL --allow-stale forecasts the hour after the last candle\n"),
        ("files", 1, "coin-models predict SOL forecasts the next hour\n"),
        ("demo", 1, "coin-models predict SOL forecasts the next hour; press Ctrl-C"),
    ],
)
def test_the_next_step_works_also_where_the_files_have_ended(
    source: str, days_later: int, next_step: str, tmp_path: Path
) -> None:
    text, today = io.StringIO(), DAY + timedelta(days=days_later)
    done = CoinSummary(state="done", action=AttemptAction.TRAINED, version=VERSION)
    report = RunSummary(day=DAY, coins={"SOL": done}, wall_seconds=1.0, fit_seconds=0.0)
    market = MarketSettings(files_path=tmp_path) if source == "files" else MarketSettings()
    settings = Settings(home=tmp_path, source=source, market=market)

    print_day_reports(Console(file=text, width=200), [report], settings, today=today)

    assert next_step in text.getvalue()


def test_the_out_of_sample_skill_stands_before_the_validation_skill(tmp_path: Path) -> None:
    text = io.StringIO()
    done = CoinSummary(state="done", action=AttemptAction.TRAINED, version=VERSION)
    report = RunSummary(day=DAY, coins={"SOL": done}, wall_seconds=1.0, fit_seconds=0.0)
    skill = DailyMean(mean=0.01, num_days=14, low=-0.01, high=0.03)

    print_day_reports(Console(file=text, width=200), [report], Settings(home=tmp_path), skill=skill, today=DAY)

    shown = text.getvalue()
    first = "out-of-sample skill over the reference, all coins: +0.0100 (\N{MINUS SIGN}0.0100 to +0.0300, 14 days)"
    assert 0 <= shown.index(first) < shown.index("validation skill")


def test_of_many_coins_the_weakest_models_are_listed_and_the_others_counted(tmp_path: Path) -> None:
    text = io.StringIO()
    coins = {
        f"C{k}": CoinSummary(state="done", action=AttemptAction.TRAINED, version=replace(VERSION, skill=k / 1000))
        for k in reversed(range(500))
    }
    report = RunSummary(day=DAY, coins=coins, wall_seconds=1.0, fit_seconds=0.0)

    print_day_reports(Console(file=text, width=200), [report], Settings(home=tmp_path), today=DAY)

    shown = text.getvalue()
    assert "the 10 of 500 coins with the lowest validation skill" in " ".join(shown.split())
    assert re.findall(r"^C\d+", shown, re.MULTILINE) == [f"C{k}" for k in range(10)]


def test_a_run_that_made_no_model_leads_to_the_reasons_and_one_that_made_some_to_a_forecast(tmp_path: Path) -> None:
    failed = CoinSummary(state="failed", action=AttemptAction.FAILED, reason="no torch")
    done = CoinSummary(state="done", action=AttemptAction.TRAINED, version=VERSION)

    without, with_one = (next_line({"BTC": failed, "SOL": sol}, tmp_path) for sol in (failed, done))

    assert "coin-models status lists the reasons" in without
    assert "predict" not in without
    assert "coin-models predict SOL" in with_one


def next_line(coins: dict[str, CoinSummary], folder: Path) -> str:
    text = io.StringIO()
    report = RunSummary(day=DAY, coins=coins, wall_seconds=1.0, fit_seconds=0.0)
    print_day_reports(Console(file=text, width=400), [report], Settings(home=folder), today=DAY)
    return next(line for line in text.getvalue().splitlines() if line.startswith("next:"))

"""What a person reads after `retrain`."""

import io
from datetime import date
from pathlib import Path

from rich.console import Console

from coin_models.cli.tables import print_day_reports
from coin_models.operations.attempts import AttemptAction
from coin_models.pipeline.run_summary import CoinSummary, RunSummary
from coin_models.settings.root import Settings

DAY = date(2026, 3, 10)


def test_what_failed_after_the_models_is_named_with_its_reason(tmp_path: Path) -> None:
    text = io.StringIO()
    failed = {"trades of ETH on 2026-03-12": "its candles are damaged"}
    report = RunSummary(day=DAY, coins={}, wall_seconds=1.0, fit_seconds=0.0, step_failures=failed)

    print_day_reports(Console(file=text, width=200), [report], Settings(home=tmp_path))

    assert "2026-03-10 trades of ETH on 2026-03-12 failed: its candles are damaged" in text.getvalue()


def test_coins_without_a_champion_are_said_with_what_forecasts_them(tmp_path: Path) -> None:
    text = io.StringIO()
    done = CoinSummary(state="done", action=AttemptAction.TRAINED)
    report = RunSummary(day=DAY, coins={"BTC": done, "ETH": done}, wall_seconds=1.0, fit_seconds=0.0)

    print_day_reports(Console(file=text, width=200), [report], Settings(home=tmp_path), ["BTC", "SOL"])

    assert "no champion yet for 1 coin (BTC): the reference in each version forecasts" in text.getvalue()

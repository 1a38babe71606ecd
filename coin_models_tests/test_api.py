"""`coin_models.status`, `retrain` and `backtest` do what the commands of these names do, and return values."""

import subprocess
import sys
import threading
from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import pytest

import coin_models
from coin_models.clock import SystemClock, newest_complete_day
from coin_models.errors import HomeError, RegistryError, UsageError
from coin_models.operations.attempts import AttemptAction
from coin_models.pipeline.run_summary import RunSummary
from coin_models.settings.root import Settings
from coin_models.settings.training import TrainingSettings

FIRST, LAST = date(2026, 3, 8), date(2026, 3, 9)
TINY = TrainingSettings(lookback_days=32, validation_days=3, width=8, epochs=1, members=(), num_threads=1)


def settings_of(home: Path) -> Settings:
    return Settings(home=home, universe=("BTC", "ETH"), training=TINY)


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return settings_of(tmp_path_factory.mktemp("api") / "home")


@pytest.fixture(scope="module")
def summaries(settings: Settings) -> list[RunSummary]:
    return coin_models.retrain("btc", FIRST, LAST, settings=settings)


def test_days_are_retrained_in_any_spelling_of_the_coin(summaries: list[RunSummary]) -> None:
    assert [summary.day for summary in summaries] == [FIRST, LAST]
    assert [list(summary.coins) for summary in summaries] == [["BTC"], ["BTC"]]
    assert {summary.coins["BTC"].action for summary in summaries} == {AttemptAction.TRAINED}


def test_what_is_done_is_reused(settings: Settings, summaries: list[RunSummary]) -> None:
    again = coin_models.retrain(["BTC"], FIRST, LAST, settings=settings)

    assert {summary.coins["BTC"].action for summary in again} == {AttemptAction.REUSED}
    assert [one.coins["BTC"].version for one in again] == [one.coins["BTC"].version for one in summaries]


def test_the_status_is_a_row_for_each_coin_and_day(settings: Settings, summaries: list[RunSummary]) -> None:
    table = coin_models.status(None, FIRST, LAST, settings=settings)

    assert list(table.index.names) == ["coin", "day"]
    assert table["state"].to_dict() == {
        (coin, pd.Timestamp(day)): "done" if coin == "BTC" else "missing"
        for coin in ("BTC", "ETH")
        for day in (FIRST, LAST)
    }
    assert len(coin_models.status("ETH", settings=settings)) == 7


def test_a_backtest_is_a_value_and_a_page(settings: Settings, summaries: list[RunSummary], tmp_path: Path) -> None:
    made = coin_models.backtest("BTC", FIRST, LAST, page=tmp_path / "page.html", settings=settings)

    assert (made.first, made.last, list(made.coins), made.num_trials) == (FIRST, LAST, ["BTC"], 1)
    assert made.num_coin_days == len(coin_models.forecasts("BTC", FIRST, LAST, settings=settings)["day"].unique())
    assert "Backtest of BTC" in (tmp_path / "page.html").read_text(encoding="utf-8")


def test_a_thread_that_hears_no_signal_retrains_too(settings: Settings, summaries: list[RunSummary]) -> None:
    results: list[list[RunSummary]] = []
    thread = threading.Thread(
        target=lambda: results.append(coin_models.retrain("BTC", FIRST, settings=settings)), name="of a server"
    )

    thread.start()
    thread.join()

    assert [list(summary.coins) for summary in results[0]] == [["BTC"]]


@pytest.mark.parametrize(
    ("coins", "first", "last", "sentence"),
    [
        ("NOPE", FIRST, LAST, "NOPE is not in the universe"),
        ("BTC", LAST, FIRST, "is after the last one"),
        ("BTC", FIRST, newest_complete_day(SystemClock()) + timedelta(days=1), "is not over yet"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(
    settings: Settings, coins: str, first: date, last: date, sentence: str
) -> None:
    for command in (coin_models.retrain, coin_models.backtest):
        with pytest.raises(UsageError, match=sentence):
            command(coins, first, last, settings=settings)


def test_a_status_without_a_home_is_refused_and_makes_none(tmp_path: Path) -> None:
    with pytest.raises(HomeError, match="no home at"):
        coin_models.status(settings=settings_of(tmp_path / "none"))

    assert not (tmp_path / "none").exists()


def test_the_package_offers_them_and_imports_them_when_they_are_used() -> None:
    code = "import coin_models, sys; print(sorted(coin_models.__all__), [m for m in sys.modules if m.startswith('coin_models')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == f"{sorted(coin_models.__all__)} ['coin_models']"
    assert {"status", "retrain", "backtest"} <= set(coin_models.__all__) <= set(dir(coin_models))


def test_a_backtest_of_days_that_nothing_forecast_says_so(tmp_path: Path) -> None:
    # The first day of a coin with a full retrain on it: its first forecasts are of the day after.
    settings = settings_of(tmp_path / "home")
    settings = settings.model_copy(update={"training": TINY.model_copy(update={"full_retrain_every_days": 1})})

    with pytest.raises(RegistryError, match="nothing forecast these coins"):
        coin_models.backtest("BTC", FIRST, FIRST, settings=settings)

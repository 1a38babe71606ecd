"""`plan`, `costs`, `notify` and the policy's exit code, as users type them."""

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from coin_models.db.engine import Database
from coin_models.db.opening import open_database
from coin_models.settings.root import Settings
from coin_models_tests.cli.running import coin_models
from coin_models_tests.costs.builders import DAY, NIGHT
from coin_models_tests.costs.rows import add_attempt, add_session
from coin_models_tests.reporting.notifications.conftest import Collector

SMALL = {"training_lookback_days": "32", "training_validation_days": "3", "training_width": "8", "training_epochs": "1"}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """The home that commands use in this folder."""
    return tmp_path / ".coin_models"


@pytest.fixture
def database(home: Path) -> Iterator[Database]:
    opened = open_database(Settings(home=home))
    yield opened
    opened.close()


@pytest.fixture
def night(database: Database) -> Database:
    """An hour on spot at 0.20 in which two coins were trained, half an hour each."""
    add_session(database, "s1", gpu="RTX 3090", ended_at=NIGHT + timedelta(hours=1), end_reason="finished")
    add_attempt(database, "s1", "BTC", action="trained", useful_seconds=1800.0)
    add_attempt(database, "s1", "ETH", action="trained", useful_seconds=1800.0)
    return database


@pytest.fixture
def collector() -> Iterator[Collector]:
    running = Collector()
    yield running
    running.close()


def test_a_plan_shows_each_way_of_renting_a_recommendation_and_the_published_claim(tmp_path: Path) -> None:
    ran = coin_models(tmp_path, "plan", "--coins", "20", "--published")

    assert ran.code == 0
    assert "20 coins a night from 02:00 UTC, ready by 08:00" in ran.text
    assert "on-demand spot spot, then on-demand recommended" in ran.text
    assert "Spot, then on-demand: 20 coins for 0.31 USD a night" in ran.text
    # 0.25 x 2 h x 30 nights = 15, 0.70 x 2 x 30 = 42
    assert "spot 4.50 to 15.00, on-demand 15.00 to 42.00 USD a month, 64% saved" in ran.text


@pytest.mark.parametrize(("seconds", "is_told"), [("10", True), ("100000", False)])
def test_a_plan_says_where_fits_are_saved_sooner_than_would_be_best(
    tmp_path: Path, seconds: str, is_told: bool
) -> None:
    ran = coin_models(tmp_path, "plan", "--coins", "20", "--published", interruption_checkpoint_max_seconds=seconds)

    assert ran.code == 0
    assert ("a fit is saved every 10 s or sooner" in ran.text) is is_told


def test_a_plan_as_json_holds_the_options_and_where_durations_come_from(tmp_path: Path) -> None:
    content = coin_models(tmp_path, "plan", "--coins", "20", "--published", "--json").json()

    assert [option["kind"] for option in content["options"]] == ["on-demand", "spot", "spot, then on-demand"]
    assert content["workload"] == "published 2025-11-01: 20 coins in 1 to 2 hours"
    assert content["published"][0]["num_coins"] == 20


def test_a_budget_and_a_deadline_leave_coins_out_and_say_why(tmp_path: Path) -> None:
    ran = coin_models(tmp_path, "plan", "--coins", "20", "--published", "--deadline", "04:00", "--budget", "0.1")

    assert "ready by 04:00, for at most 0.10 USD" in ran.text
    assert "coins are left out: budget:" in ran.text


def test_a_plan_is_drawn_where_a_picture_is_asked_for(tmp_path: Path) -> None:
    picture = tmp_path / "plan.svg"

    ran = coin_models(tmp_path, "plan", "--coins", "20", "--published", "--json", "--picture", str(picture))

    assert picture.read_text(encoding="utf-8").startswith("<svg ")
    assert str(picture) in ran.stderr.replace("\n", "")
    assert ran.json()["num_coins"] == 20


def test_without_history_a_plan_measures_this_machine_first(tmp_path: Path) -> None:
    content = coin_models(tmp_path, "plan", "--coins", "2", "--json", **SMALL).json()

    assert content["workload"].startswith("measured just now on this machine")
    assert 0 < content["seconds_per_coin"] < 60


def test_with_history_a_plan_is_made_from_it(tmp_path: Path, database: Database) -> None:
    now = datetime.now(UTC)
    add_session(database, "s1", started_at=now - timedelta(seconds=42), ended_at=now, end_reason="finished")
    add_attempt(database, "s1", "BTC", useful_seconds=42.0)

    content = coin_models(tmp_path, "plan", "--coins", "2", "--json").json()

    assert (content["workload"], content["seconds_per_coin"]) == ("own history: 1 coin-days of 1 trading days", 42.0)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["plan", "--published", "--deadline", "25:00"], "'25:00' is not a time of day"),
        (["plan", "--published", "--budget", "-1"], "budget_usd (-1.0) must be positive"),
        (["plan", "--published", "--coins", "2", "--picture", "nowhere/plan.svg"], "No such file or directory"),
        (["plan", "--published", "--coins", "2", "--picture", "plan.png"], "give a name that ends in .svg"),
        (["costs", "--month", "2024-13"], "--month '2024-13' is not a month"),
        (["costs", "--month", "2024-01", "--last", "3"], "--last and --month exclude each other"),
        (["costs", "--json", "--csv"], "--json and --csv exclude each other"),
        (["costs", "--by", "year"], "--by 'year' is not one of day, month, coin"),
        (["notify", "test"], "no channel is configured; set COIN_MODELS_NOTIFY_URLS"),
        (["notify", "status"], "no channel is configured; set COIN_MODELS_NOTIFY_URLS"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_wrong_usage_of_money_commands_is_a_sentence_and_exit_code_2(
    tmp_path: Path, arguments: list[str], message: str
) -> None:
    ran = coin_models(tmp_path, *arguments)

    assert ran.code == 2
    assert message in ran.text
    assert "Traceback" not in ran.text


@pytest.mark.usefixtures("night")
def test_costs_of_a_month_are_told_in_figures_and_words(tmp_path: Path) -> None:
    ran = coin_models(tmp_path, "costs", "--month", "2025-03")

    assert ran.code == 0
    assert "2025-03-01 2 1:00:00 100.0%" in ran.text
    # an hour at 0.20 against an hour at 0.60
    assert "2 models for 0.20 USD (0.10 a model), 0.00 USD of it for interruptions." in ran.text
    assert "would have cost 0.60 USD on-demand: 0.40 USD less on spot, waste included" in ran.text


@pytest.mark.usefixtures("night")
def test_costs_as_json_are_lines_that_sum_to_the_total(tmp_path: Path) -> None:
    content = coin_models(tmp_path, "costs", "--month", "2025-03", "--by", "coin", "--json").json()

    assert (content["first"], content["last"]) == ("2025-03-01", "2025-03-31")
    assert [line["label"] for line in content["lines"]] == [f"{DAY} BTC", f"{DAY} ETH"]
    assert sum(line["cost_usd"] for line in content["lines"]) == pytest.approx(content["total"]["cost_usd"])


@pytest.mark.usefixtures("night")
def test_costs_as_csv_are_a_header_and_a_row_per_line_and_nothing_else(tmp_path: Path) -> None:
    ran = coin_models(tmp_path, "costs", "--month", "2025-03", "--by", "month", "--csv")

    (row,) = csv.DictReader(io.StringIO(ran.stdout))
    assert (row["label"], row["num_models"], float(row["goodput"])) == ("2025-03", "2", 1.0)


@pytest.mark.usefixtures("night")
def test_where_there_is_nothing_to_cost_the_newest_day_with_something_is_named(tmp_path: Path) -> None:
    ran = coin_models(tmp_path, "costs", "--last", "3")

    assert ran.code == 0
    assert "no session worked for the trading days" in ran.text
    assert "the newest day before is 2025-03-01: --month 2025-03" in ran.text


def test_a_spent_budget_leaves_the_coins_with_exit_code_75_and_a_message(
    tmp_path: Path, database: Database, collector: Collector
) -> None:
    now = datetime.now(UTC)
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    add_session(
        database, "dear", price_usd_per_hour=1e9, started_at=midnight, heartbeat_at=now, ended_at=now, end_reason="lost"
    )

    ran = coin_models(
        tmp_path,
        *("retrain", "--coins", "BTC", "--json"),
        **SMALL,
        costs_daily_budget_usd="0.5",
        notify_urls=f"json://127.0.0.1:{collector.port}/",
    )

    assert ran.code == 75
    assert {name: coin["state"] for name, coin in ran.json()["coins"].items()} == {"BTC": "deferred"}
    assert "The day's budget is spent" in [body["title"] for body in collector.bodies]


def test_plan_says_how_many_workers_the_deadline_needs_and_what_they_cost(tmp_path: Path) -> None:
    arguments = ("plan", "--workers", "--coins", "500", "--days", "2", "--published")
    content, shown = coin_models(tmp_path, *arguments, "--json").json(), coin_models(tmp_path, *arguments)
    on_demand = next(option for option in content["options"] if option["market"] == "on-demand")

    # Twice 6 h in 8 shards; the busiest of 3 workers carries 3: 4.5 h, the start of 90 s, 1.645 x 1/6 x 4.5 h of spread
    assert (content["num_shards"], content["deadline_hours"], content["work_hours"]) == (8, 6.0, 12.0)
    assert (on_demand["num_workers"], on_demand["is_in_time"]) == (3, True)
    assert on_demand["hours"] == pytest.approx(4.5 + 0.025 + 1.645 * 4.5 / 6)
    assert on_demand["usd"] == pytest.approx((12.0 + 3 * 0.025) * 0.6)
    assert "500 coins on 2 day(s), 8 shard(s), ready within 6.0 h" in shown.text


def test_days_without_workers_are_refused(tmp_path: Path) -> None:
    ran = coin_models(tmp_path, "plan", "--days", "3")

    assert ran.code == 2
    assert "--workers" in ran.text

"""`retrain` checks files, thresholds and corrections each time; `status` and `unquarantine` of a home."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from coin_models.operations.attempts import AttemptAction, Outcome
from coin_models.pipeline.services import Services
from coin_models.settings.root import Settings
from coin_models.storage import keys
from coin_models_tests.cli.retraining_homes import (
    CANDLES,
    LAST,
    FilesHome,
    actions,
    corrected,
    parent_of,
    states,
    until,
    weights,
)
from coin_models_tests.cli.running import coin_models, make_home

LAST_DAY = ("--day", str(LAST))
DAY = date(2026, 3, 10)
FAILED = (Outcome.FAILED, AttemptAction.FAILED, "the loss is no longer finite")


def test_a_day_that_comes_before_the_one_that_it_starts_from_has_the_same_parent_and_bytes(tmp_path: Path) -> None:
    parent = ("--day", str(parent_of("BTC", LAST)))
    ahead, in_order = FilesHome(tmp_path / "a", ["BTC"]), FilesHome(tmp_path / "b", ["BTC"])

    overtaking = [ahead.retrain(*LAST_DAY).json(), ahead.retrain(*parent).json()]
    ordered = [in_order.retrain(*parent).json(), in_order.retrain(*LAST_DAY).json()]

    assert overtaking[0]["coins"]["BTC"]["parent"] == ordered[1]["coins"]["BTC"]["parent"]
    assert weights(overtaking) == weights(ordered)


def test_a_coin_whose_file_ended_is_trained_once_the_file_was_updated(tmp_path: Path) -> None:
    home = FilesHome(tmp_path, ["BTC", "ETH"])
    home.write("BTC", until(CANDLES, CANDLES.days[-15]))

    before = home.retrain(*LAST_DAY)
    home.write("BTC", CANDLES)
    after = home.retrain(*LAST_DAY)

    assert states(before) == {"BTC": "skipped", "ETH": "done"}
    assert actions(after) == {"BTC": "trained", "ETH": "reused"}


def test_a_coin_that_was_too_illiquid_is_trained_once_the_threshold_is_lower(tmp_path: Path) -> None:
    home = FilesHome(tmp_path, ["BTC"])

    before = home.retrain(*LAST_DAY, market_min_daily_turnover="1e12")
    after = home.retrain(*LAST_DAY)

    assert (before.code, states(before)) == (0, {"BTC": "skipped"})
    assert actions(after) == {"BTC": "trained"}


def test_a_file_that_cannot_be_read_fails_its_coin_by_its_path_and_no_other(tmp_path: Path) -> None:
    home = FilesHome(tmp_path, ["BTC", "ETH"])
    home.path("ETH").unlink()
    home.path("ETH").symlink_to(tmp_path / "gone.csv")

    broken = home.retrain(*LAST_DAY)
    status = home.run("status", *LAST_DAY)
    home.path("ETH").unlink()
    home.write("ETH", CANDLES)
    restored = home.retrain(*LAST_DAY)

    assert (broken.code, states(broken)) == (3, {"BTC": "done", "ETH": "unavailable"})
    assert f"{home.path('ETH')} is a link to" in broken.json()["coins"]["ETH"]["reason"]
    assert f"{home.path('ETH')} is a link to" in status.text
    assert (restored.code, actions(restored)) == (0, {"BTC": "reused", "ETH": "trained"})


def test_a_coin_whose_file_was_corrected_is_made_again_and_says_why(tmp_path: Path) -> None:
    home = FilesHome(tmp_path, ["BTC", "ETH"])
    home.retrain(*LAST_DAY)
    home.write("BTC", corrected(CANDLES))

    planned = home.retrain("--dry-run", *LAST_DAY).json()["coins"]
    again = home.retrain(*LAST_DAY)
    fresh = FilesHome(tmp_path / "fresh", ["BTC"])
    fresh.write("BTC", corrected(CANDLES))

    assert {item["coin"]: item["action"] for item in planned} == {"BTC": "train", "ETH": "reuse"}
    assert "made from other candles" in planned[0]["reason"]
    assert actions(again) == {"BTC": "trained", "ETH": "reused"}
    assert (
        again.json()["coins"]["BTC"]["weights_sha256"]
        == fresh.retrain(*LAST_DAY).json()["coins"]["BTC"]["weights_sha256"]
    )


def test_a_later_day_that_cannot_be_brought_up_to_date_is_named_and_fails_the_command(tmp_path: Path) -> None:
    home = FilesHome(tmp_path, ["BTC"])
    home.retrain("--day", str(LAST))
    with home.services() as services:
        (key,) = [info.key for info in services.store.list(keys.CANDLES) if f"BTC/{LAST}" in info.key]
        services.store.put(key, b"not candles")

    ran = home.retrain("--day", str(LAST - timedelta(days=1)))

    failed = ran.json()["failed_steps"]
    assert ran.code == 3
    assert "is damaged" in failed[f"shadow_trades of BTC on {LAST}"]


@pytest.mark.parametrize("force", [(), ("--force",)], ids=["missing", "forced"])
def test_a_machine_that_cannot_train_says_the_cause_with_exit_code_2(tmp_path: Path, force: tuple[str, ...]) -> None:
    home = FilesHome(tmp_path, ["BTC"])
    if force:
        assert actions(home.retrain(*LAST_DAY)) == {"BTC": "trained"}

    ran = home.retrain(*force, *LAST_DAY, training_accelerator="cuda")

    assert ran.code == 2
    assert "this machine cannot train" in ran.text
    assert "CUDA" in ran.text
    assert "Traceback" not in ran.text


def test_missing_is_every_day_of_the_window_that_is_not_published(tmp_path: Path) -> None:
    home = FilesHome(tmp_path, ["BTC"])
    home.retrain("--day", str(LAST - timedelta(days=1)))

    ran = home.retrain("--missing", operations_resume_window_days="3")

    assert {
        summary["day"]: {coin: item["action"] for coin, item in summary["coins"].items()} for summary in ran.json()
    } == {
        str(LAST - timedelta(days=2)): {"BTC": "trained"},
        str(LAST - timedelta(days=1)): {"BTC": "reused"},
        str(LAST): {"BTC": "trained"},
    }


def test_missing_with_a_day_is_a_usage_error(tmp_path: Path) -> None:
    ran = FilesHome(tmp_path, ["BTC"]).run("retrain", "--missing", *LAST_DAY)

    assert ran.code == 2
    assert "--missing finds the days itself" in ran.text


def test_of_files_that_end_in_the_past_every_command_looks_at_their_last_full_day(tmp_path: Path) -> None:
    home = FilesHome(tmp_path, ["BTC"])

    trained = home.retrain()
    status = home.run("status", "--last", "1", "--json")
    report = home.run("report", "--json")
    again = home.retrain("--dry-run")

    assert trained.json()["day"] == str(LAST)
    assert {day: cell["state"] for day, cell in status.json()["coins"]["BTC"].items()} == {str(LAST): "done"}
    assert report.json()["day"] == str(LAST)
    assert again.json()["reuse"] == 1


def test_status_of_a_fresh_home_says_that_everything_is_missing(tmp_path: Path) -> None:
    make_home(tmp_path)
    ran = coin_models(tmp_path, "status", "--last", "2", "--coins", "BTC,ETH", "--json")
    content = ran.json()

    assert ran.code == 0
    assert list(content["coins"]) == ["BTC", "ETH"]
    assert {cell["state"] for days in content["coins"].values() for cell in days.values()} == {"missing"}
    assert len(content["days"]) == 2
    assert content["attempts"] == []


def test_status_of_one_day_shows_that_day_alone(tmp_path: Path) -> None:
    make_home(tmp_path)
    content = coin_models(tmp_path, "status", "--day", "2024-08-15", "--json").json()

    assert content["days"] == ["2024-08-15"]


def test_status_says_what_to_do_when_nothing_was_tried(tmp_path: Path) -> None:
    make_home(tmp_path)
    ran = coin_models(tmp_path, "status")

    assert "`coin-models retrain` trains what is missing" in ran.text


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    """BTC and ETH failed three times each."""
    opened = Services(settings=Settings(home=tmp_path / ".coin_models"))
    session = opened.sessions.open(opened.settings.costs, code_version="0" * 64).session_id
    for _ in range(3):
        opened.attempts.record(DAY, session, {"BTC": FAILED, "ETH": FAILED})
    yield opened
    opened.database.close()


def _still_failed(services: Services) -> set[str]:
    return {coin for (coin, _, _), tries in services.attempts.failures(DAY, DAY).items() if tries.num_failed}


@pytest.mark.parametrize(
    ("arguments", "num_reset", "left"),
    [(["BTC"], 3, {"ETH"}), (["BTC", "ETH"], 6, set()), (["--day", f"{DAY}"], 6, set()), (["--all"], 6, set())],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_was_named_is_reset_and_counted(
    arguments: list[str], num_reset: int, left: set[str], tmp_path: Path, services: Services
) -> None:
    ran = coin_models(tmp_path, "unquarantine", *arguments)

    assert ran.code == 0
    assert f"{num_reset} failed attempt(s) on 1 day(s) reset" in ran.stdout
    assert _still_failed(services) == left


def test_a_coin_named_in_vain_is_said_although_the_others_are_reset(tmp_path: Path, services: Services) -> None:
    ran = coin_models(tmp_path, "unquarantine", "BTC,SOL")

    assert ran.code == 2
    assert "BTC: 3 failed attempt(s)" in ran.stdout
    assert "error: no failed attempt of SOL to reset" in ran.stderr
    assert _still_failed(services) == {"ETH"}


def test_all_with_nothing_to_reset_is_no_error(tmp_path: Path) -> None:
    make_home(tmp_path)
    ran = coin_models(tmp_path, "unquarantine", "--all")

    assert ran.code == 0
    assert "nothing was reset" in ran.stdout


def test_the_old_name_resets_one_coin_and_warns_once(tmp_path: Path, services: Services) -> None:
    ran = coin_models(tmp_path, "retry", "BTC", "--day", f"{DAY}")

    assert ran.code == 0
    assert ran.stderr.count("warning:") == 1
    assert "is now `coin-models unquarantine`" in ran.stderr
    assert _still_failed(services) == {"ETH"}


def test_the_old_name_is_not_offered(tmp_path: Path) -> None:
    ran = coin_models(tmp_path, "--help")

    assert "unquarantine" in ran.stdout
    assert "retry" not in ran.stdout

"""`retrain` checks files, thresholds and corrections each time, and says what it cannot do."""

from datetime import timedelta
from pathlib import Path

import pytest

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

LAST_DAY = ("--day", str(LAST))


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

    assert (broken.code, states(broken)) == (1, {"BTC": "done", "ETH": "unavailable"})
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
    assert ran.code == 1
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


def test_of_files_that_end_in_the_past_every_command_looks_at_their_last_full_day(tmp_path: Path) -> None:
    home = FilesHome(tmp_path, ["BTC"])

    trained = home.retrain()
    status = home.run("status", "--last", "1", "--json")
    report = home.run("report", "--json")
    again = home.retrain("--dry-run")

    assert trained.json()["day"] == str(LAST)
    assert {day: found["state"] for day, found in status.json()["coins"]["BTC"].items()} == {str(LAST): "done"}
    assert report.json()["day"] == str(LAST)
    assert again.json()["reuse"] == 1

"""`retrain --dry-run --json` says what `retrain --json` then does, in any state of the home."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from coin_models.operations.attempts import AttemptAction, Outcome
from coin_models.pipeline.candles import ensure_candles
from coin_models.pipeline.plan.gather import plan_now
from coin_models.settings.costs import CostSettings
from coin_models_tests.cli.retraining_homes import CANDLES, LAST, FilesHome, corrected, parent_of, until

LAST_DAY = ("--day", str(LAST))
COINS = ("BTC", "ETH")
DONE = {
    ("done", "trained"): "train",
    ("done", "resumed"): "train",
    ("done", "reused"): "reuse",
    ("stale", "reused"): "stale",
    ("skipped", "skipped"): "skip",
    ("unavailable", "unavailable"): "unavailable",
    ("quarantined", "failed"): "quarantined",
    ("unavailable", "failed"): "unavailable",  # by a file that is the coin's own
}


def fresh(home: FilesHome) -> None:
    """Nothing was ever trained."""


def one_published(home: FilesHome) -> None:
    home.retrain(*LAST_DAY, "--coins", "BTC")


def one_corrected(home: FilesHome) -> None:
    home.retrain(*LAST_DAY)
    home.write("BTC", corrected(CANDLES))


def one_skipped(home: FilesHome) -> None:
    home.write("BTC", until(CANDLES, CANDLES.days[-15]))


def one_unreadable(home: FilesHome) -> None:
    home.path("BTC").write_text("no candles")


def one_quarantined(home: FilesHome) -> None:
    with home.services() as services:
        list(ensure_candles(services, LAST, LAST, COINS))
        item = plan_now(services, [LAST], COINS)["BTC", LAST]
        session = services.sessions.open(CostSettings(), code_version="0" * 64).session_id
        diverged = {"BTC": (Outcome.FAILED, AttemptAction.FAILED, "the loss is no longer finite")}
        for _ in range(services.settings.operations.max_attempts):
            services.attempts.record(LAST, session, diverged, fingerprints={"BTC": item.fingerprint or ""})


def all_there(home: FilesHome) -> None:
    home.retrain(*LAST_DAY)


def planned_of(dry: Mapping[str, Any]) -> dict[tuple[str, str], str]:
    return {(item["day"], item["coin"]): item["action"] for item in dry["coins"] if item["requested"]}


def done_of(days: list[dict[str, Any]]) -> dict[tuple[str, str], str]:
    return {
        (day["day"], coin): DONE[item["state"], item["action"]] for day in days for coin, item in day["coins"].items()
    }


def counted(days: list[dict[str, Any]]) -> dict[str, int]:
    sums = {name: sum(day[name] for day in days) for name in days[0] if isinstance(days[0][name], int)}
    return {
        "train": sums["trained"] + sums["parents"],
        "reuse": sums["reused"],
        "skip": sums["skipped"],
        "stale": sums["stale"],
        "unavailable": sums["unavailable"],
        "waiting": sums["waiting"],
        "quarantined": sums["quarantined"],
    }


@pytest.mark.parametrize(
    "state",
    [fresh, one_published, one_corrected, one_skipped, one_unreadable, one_quarantined, all_there],
    ids=lambda made: made.__name__,
)
def test_what_the_dry_run_prints_is_what_the_run_does(tmp_path: Path, state: Callable[[FilesHome], None]) -> None:
    home = FilesHome(tmp_path, COINS)
    state(home)

    dry = home.retrain("--dry-run", *LAST_DAY).json()
    done = home.retrain(*LAST_DAY).json()

    assert done_of([done]) == planned_of(dry)
    assert counted([done]) == {name: dry[name] for name in counted([done])}
    for item in dry["coins"]:
        done_item = done["coins"][item["coin"]]
        if item["action"] == "train" and item["requested"]:
            assert done_item["parent"].startswith(f"{item['coin']}-{item['parent']}-")
        if item["action"] in ("skip", "unavailable", "quarantined"):
            assert done_item["reason"] == item["reason"]


def test_a_dry_run_trains_nothing(tmp_path: Path) -> None:
    home = FilesHome(tmp_path, COINS)

    first, second = (home.retrain("--dry-run", *LAST_DAY).json() for _ in range(2))

    assert first == second
    assert home.run("models", "list", "--json").json() == []


def test_of_a_range_a_kept_day_that_another_one_starts_from_is_made_again_as_was_said(tmp_path: Path) -> None:
    home = FilesHome(tmp_path, ["BTC"])
    full = parent_of("BTC", LAST)
    home.retrain("--day", str(full))
    span = ("--from", str(full), "--to", str(full + timedelta(days=1)))
    other = {"training_epochs": "2", "operations_stale": "keep"}

    dry = home.retrain("--dry-run", *span, **other).json()
    done = home.retrain(*span, **other).json()

    assert planned_of(dry) == {(str(full), "BTC"): "train", (str(full + timedelta(days=1)), "BTC"): "train"}
    assert done_of(done) == planned_of(dry)
    assert counted(done) == {name: dry[name] for name in counted(done)}

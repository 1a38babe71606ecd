"""A home whose database is lost, made again from its store: afterwards it answers as before, and trains nothing."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Table, select

from coin_models.db.schema import champion_decisions, model_versions
from coin_models.db.trading_schema import forecast_days
from coin_models.pipeline.rebuild import rebuild_home
from coin_models.pipeline.services import Services
from coin_models.settings.load import load_settings
from coin_models_tests.cli.retraining_homes import LAST, SMALL, FilesHome
from coin_models_tests.settings.environments import environment

COINS = ("BTC", "ETH")
DAYS = [LAST - timedelta(days=1), LAST]
OF_THE_FIT = ("session_id", "resumed", "fit_seconds", "num_steps")
"""Columns that no manifest has."""


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home of two coins and two days."""
    home = FilesHome(tmp_path_factory.mktemp("trained"), COINS)
    ran = home.retrain("--from", str(DAYS[0]), "--to", str(DAYS[1]))
    assert ran.code == 0, ran.text
    return home.folder


@pytest.fixture
def home(trained: Path, tmp_path: Path) -> FilesHome:
    """A copy of it."""
    copy = FilesHome(tmp_path / "home", COINS)
    shutil.rmtree(copy.folder / "files")
    shutil.copytree(trained, copy.folder, dirs_exist_ok=True)
    return copy


@contextmanager
def services_of(home: FilesHome) -> Iterator[Services]:
    """The parts of the product on a home that may refuse to be opened."""
    named = {**SMALL, "market_files_path": str(home.files)}
    prefixed = {f"COIN_MODELS_{name.upper()}": value for name, value in named.items()}
    with environment(home.folder, prefixed), Services(settings=load_settings()) as services:
        yield services


def lose_database(home: FilesHome) -> None:
    for path in (home.folder / ".coin_models").glob("coin_models.db*"):
        path.unlink()


def rows(home: FilesHome, table: Table, *without: str) -> list[dict[str, Any]]:
    with home.services() as services, services.database.read() as connection:
        by_table = connection.execute(select(table).order_by(*table.primary_key.columns)).mappings().all()
    return [{name: value for name, value in row.items() if name not in without} for row in by_table]


def candle_days(home: FilesHome) -> dict[str, tuple[bytes, list[int]]]:
    """Of each coin the digests of its stored days, and how many candles they have."""
    with home.services() as services:
        histories = services.candle_index.histories(COINS)
    return {coin: (days.digest.tobytes(), days.num_candles.tolist()) for coin, days in histories.items()}


def decided(home: FilesHome) -> list[tuple[str, ...]]:
    """The champion decisions, without when they were taken: the policy decides again about a day that is retrained."""
    decisions = rows(home, champion_decisions)
    names = ("day", "coin", "decided_by", "decision", "version_id")
    return sorted(tuple(str(row[name]) for name in names) for row in decisions)


def predicted(home: FilesHome) -> dict[str, Any]:
    """The forecast of BTC, without how old its candles are now."""
    ran = home.run("predict", "BTC", "--allow-stale", "--json")
    assert ran.code == 0, ran.text
    return {name: value for name, value in ran.json().items() if "age" not in name}


def manifests(home: FilesHome) -> list[Path]:
    return sorted((home.folder / ".coin_models").rglob("manifest-*.json"))


def test_a_lost_database_is_made_again_and_nothing_is_trained_again(home: FilesHome) -> None:
    before = rows(home, model_versions, *OF_THE_FIT)
    forecasts_before = rows(home, forecast_days, "computed_at")
    promoted = home.run("models", "promote", "ETH", "--reason", "I looked at it")
    forecast, days_before, decisions_before = predicted(home), candle_days(home), rows(home, champion_decisions)
    decided_before = decided(home)
    lose_database(home)

    refused = home.run("status")
    rebuilt = home.run("home", "rebuild", "--json")
    forecasts_after = rows(home, forecast_days, "computed_at")
    days_after, decisions_after = candle_days(home), rows(home, champion_decisions)
    listed = home.run("models", "list", "--json")
    shown = home.run("status", "--json", "--day", str(LAST))
    again = home.retrain("--from", str(DAYS[0]), "--to", str(DAYS[1]))

    assert refused.code == 2
    assert "`coin-models home rebuild` makes it again from the store" in refused.text
    assert rebuilt.code == 0, rebuilt.text
    assert rebuilt.json()["versions"] == {"added": len(before), "existing": 0}
    assert rows(home, model_versions, *OF_THE_FIT) == before
    assert promoted.code == 0, promoted.text
    assert days_after == days_before
    assert decisions_after == decisions_before
    assert forecasts_after == [row for row in forecasts_before if row["key"] is not None]
    assert {(row["coin"], row["day"]) for row in forecasts_after} == {(coin, day) for coin in COINS for day in DAYS}
    assert {row["day"] for row in decisions_before} == set(DAYS)
    assert {version["id"] for version in listed.json()} == {row["id"] for row in before}
    assert {coin: days[str(LAST)]["state"] for coin, days in shown.json()["coins"].items()} == dict.fromkeys(
        COINS, "done"
    )
    assert {item["action"] for day in again.json() for item in day["coins"].values()} == {"reused"}, again.text
    assert predicted(home) == forecast
    assert decided(home) == decided_before


def test_a_rebuild_that_is_not_finished_is_finished_by_the_next_one(home: FilesHome) -> None:
    before = rows(home, model_versions, *OF_THE_FIT)
    lose_database(home)

    class Killed(BaseException):
        pass

    def die(_what: str, done: int, _total: int) -> None:
        if done == 2:
            raise Killed

    with pytest.raises(Killed), services_of(home) as services:
        rebuild_home(services, die, at_once=1)
    refused = home.run("retrain")
    finished = home.run("home", "rebuild", "--json")

    assert refused.code == 2
    assert "`coin-models home rebuild` finishes it" in refused.text
    assert finished.json()["versions"] == {"added": len(before) - 2, "existing": 2}
    assert rows(home, model_versions, *OF_THE_FIT) == before


def test_a_damaged_manifest_is_reported_and_the_rest_is_rebuilt(home: FilesHome) -> None:
    before = rows(home, model_versions)
    damaged = manifests(home)[-1]
    content = json.loads(damaged.read_bytes())
    damaged.write_text(json.dumps({**content, "best_epoch": 99}))
    lose_database(home)

    rebuilt = home.run("home", "rebuild")

    assert rebuilt.code == 3
    assert f"{damaged.name} is left out: it is damaged" in rebuilt.text
    assert f"model versions: {len(before) - 1} added" in rebuilt.text
    assert "Traceback" not in rebuilt.text


def test_a_whole_home_is_left_as_it_is(home: FilesHome) -> None:
    before = rows(home, model_versions)

    rebuilt = home.run("home", "rebuild", "--json")

    assert rebuilt.json()["versions"] == {"added": 0, "existing": len(before)}
    assert rows(home, model_versions) == before


def test_another_market_is_refused_and_makes_no_database(home: FilesHome) -> None:
    lose_database(home)

    refused = home.run("home", "rebuild", source="demo")

    assert refused.code == 2
    assert "one home holds one market" in refused.text
    assert not (home.folder / ".coin_models" / "coin_models.db").exists()

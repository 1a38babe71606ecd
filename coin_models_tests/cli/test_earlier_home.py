"""A home that an earlier version wrote, with its variables, keeps working: nothing is trained again, and nothing is lost."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from coin_models.db.opening import open_database
from coin_models.settings.load import load_settings
from coin_models.settings.renamed import PREFIX, RENAMED, variable_of
from coin_models_tests import backends
from coin_models_tests.cli.retraining_homes import LAST, SMALL, FilesHome, actions, weights
from coin_models_tests.db.earlier_schemas import downgrade_to
from coin_models_tests.settings.environments import environment

COINS = ("BTC",)
NEW_NAMES = {
    "training_full_retrain_every_days": "5",
    "training_horizon_minutes": "120",
    "market_max_fill_minutes": "180",
    "trading_pattern_length_minutes": "360",
    "notify_burst_minutes": "20",
}
OLD_NAMES = {
    "training_cold_every_days": "5",
    "training_horizon_candles": "2",
    "market_max_fill_candles": "3",
    "trading_pattern_length_candles": "6",
    "notify_storm_minutes": "20",
}
"""The same values: candles are of an hour."""


@pytest.fixture(params=[backends.EMBEDDED, backends.STACK])
def database_variables(request: pytest.FixtureRequest) -> Iterator[dict[str, str]]:
    """The variables that name the database."""
    if request.param == backends.EMBEDDED:
        yield {}
        return
    with backends.fresh_database(request.getfixturevalue("stack_access")) as url:
        yield {"database_url": url}


def make_older(home: FilesHome, revision: str, database: dict[str, str]) -> None:
    """Takes the database of the home back to the tables of this revision: what later ones know is gone."""
    prefixed = {f"COIN_MODELS_{name.upper()}": value for name, value in {**SMALL, **database}.items()}
    prefixed["COIN_MODELS_MARKET_FILES_PATH"] = str(home.files)
    with environment(home.folder, prefixed):
        opened = open_database(load_settings(), migrate=False)
        downgrade_to(opened, revision)
        opened.close()


def test_every_old_name_is_among_those_tried() -> None:
    assert {f"{PREFIX}{name.upper()}" for name in OLD_NAMES} == {variable_of(old) for old in RENAMED}


def test_an_earlier_home_reuses_its_models_shows_them_and_trains_the_next_day(
    tmp_path: Path, database_variables: dict[str, str]
) -> None:
    home, before = FilesHome(tmp_path, COINS), LAST - timedelta(days=1)
    first = home.retrain("--day", str(before), **database_variables, **NEW_NAMES)
    assert actions(first) == dict.fromkeys(COINS, "trained"), first.text
    make_older(home, "0001", database_variables)
    earlier = {**database_variables, **OLD_NAMES}

    unread = home.run("status", "--json", "--day", str(before), **earlier)
    again = home.retrain("--from", str(before), "--to", str(LAST), **earlier)
    shown = home.run("status", "--json", "--day", str(before), **earlier)

    # The first tables knew no candles of stored days: what is published may be of others, and is not missing.
    assert {coin: days[str(before)]["state"] for coin, days in unread.json()["coins"].items()} == dict.fromkeys(
        COINS, "outdated"
    )
    assert {coin: days[str(before)]["state"] for coin, days in shown.json()["coins"].items()} == dict.fromkeys(
        COINS, "done"
    )
    days = {day["day"]: day for day in again.json()}
    done = {day: {coin: item["action"] for coin, item in summary["coins"].items()} for day, summary in days.items()}
    assert done == {str(before): dict.fromkeys(COINS, "reused"), str(LAST): dict.fromkeys(COINS, "trained")}, again.text
    assert weights([days[str(before)]]) == weights([first.json()])
    assert (shown.code, again.code) == (0, 0)

"""`requests list` and `requests end`: listing and ending requests."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from dagster._core.scheduler.instigation import InstigatorStatus

from coin_models.defs.instance.home import open_instance
from coin_models.defs.sensors.nightly import is_schedule_off
from coin_models_tests.cli.retraining_homes import LAST, FilesHome
from coin_models_tests.defs.fixtures import register_schedule


@pytest.fixture
def home(tmp_path: Path) -> FilesHome:
    """Three requests: every night, two coins of the last day, one of long ago."""
    made = FilesHome(tmp_path, ["BTC", "ETH"])
    with made.services() as services:
        services.requests.ask(LAST, None, None, "nightly")
        services.requests.ask(LAST, LAST, ["ETH", "BTC"], "the UI", "run-1")
        services.requests.ask(date(2024, 1, 1), LAST - timedelta(days=30), ["BTC"], "coin-models retrain")
    return made


def test_open_requests_are_listed_and_older_ones_on_demand(home: FilesHome) -> None:
    listed, everything = home.run("requests", "list", "--json"), home.run("requests", "list", "--all", "--json")
    shown = home.run("requests", "list")

    assert [(request["number"], request["asked_by"], request["open"]) for request in everything.json()] == [
        (1, "nightly", True),
        (2, "the UI", True),
        (3, "coin-models retrain", False),
    ]
    assert listed.json() == everything.json()[:2]
    assert (listed.json()[1]["coins"], listed.json()[1]["run"]) == (["BTC", "ETH"], "run-1")
    assert f"every night from {LAST} on" in shown.text
    assert "the universe" in shown.text


def test_a_request_that_was_ended_is_asked_for_no_more(home: FilesHome) -> None:
    ended = home.run("requests", "end", "2")
    left = home.run("requests", "list", "--json").json()

    assert ended.code == 0
    assert f"ended request 2: BTC, ETH on {LAST}, requested by the UI" in ended.text
    assert [request["number"] for request in left] == [1]


def test_ending_the_nightly_request_turns_the_schedule_off_and_says_so(home: FilesHome) -> None:
    with home.services() as services, open_instance(services.settings) as instance:
        register_schedule(instance, InstigatorStatus.DECLARED_IN_CODE)

        ended = home.run("requests", "end", "1")

        assert is_schedule_off(instance)
    assert "the schedule `nightly` is now off" in ended.text
    assert "every night" not in home.run("requests", "list").text


def test_where_no_daemon_ever_ran_the_end_says_where_to_turn_the_schedule_off(home: FilesHome) -> None:
    ended = home.run("requests", "end", "1")

    assert "no daemon has registered the schedule" in ended.text
    assert home.run("requests", "list", "--json").json()[0]["number"] == 2


def test_the_end_of_a_request_is_told_as_json(home: FilesHome) -> None:
    content = home.run("requests", "end", "2", "--json").json()

    assert (content["number"], content["coins"], content["open"], content["schedule_off"]) == (
        2,
        ["BTC", "ETH"],
        False,
        False,
    )


def test_an_unknown_number_is_refused_in_one_sentence(home: FilesHome) -> None:
    ran = home.run("requests", "end", "9")

    assert ran.code == 2
    assert ran.text == "error: there is no request 9; `coin-models requests list --all` shows their numbers"

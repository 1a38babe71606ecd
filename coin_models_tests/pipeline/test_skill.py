"""The leaderboard of a home, read from its rows."""

from datetime import date, timedelta

import pytest

from coin_models.db.engine import Database
from coin_models.errors import RegistryError
from coin_models.pipeline.skill import read_leaderboard, skill_over_reference
from coin_models_tests.reporting.scored_days import add_day

DAY = date(2024, 8, 15)


def test_the_days_end_with_the_newest_recorded_one(database: Database) -> None:
    for back in range(3):
        add_day(database, "BTC", DAY - timedelta(days=back))
    add_day(database, "ETH", DAY - timedelta(days=2), loss=0.3)

    board = read_leaderboard(database, 2)

    assert (board.first, board.last) == (DAY - timedelta(days=1), DAY)
    assert [(line.name, line.num_days, line.forecaster) for line in board.coins] == [("BTC", 2, "reference")]
    assert [line.name for line in read_leaderboard(database, 3, {"ETH"}).coins] == ["ETH"]


def test_a_coin_without_a_day_is_refused_with_those_that_have_one(database: Database) -> None:
    add_day(database, "BTC", DAY)

    with pytest.raises(
        RegistryError, match=r"no out-of-sample day of NOPE is recorded from .* to 2024-08-15, but of BTC"
    ):
        read_leaderboard(database, 30, {"BTC", "NOPE"})


def test_before_the_first_day_it_says_when_there_is_one(database: Database) -> None:
    with pytest.raises(RegistryError, match="the first is the day after a coin's first model"):
        read_leaderboard(database, 30)


def test_days_that_an_older_version_recorded_have_no_figure(database: Database) -> None:
    add_day(database, "BTC", DAY, loss=None)

    with pytest.raises(RegistryError, match="no out-of-sample day of any coin is recorded"):
        read_leaderboard(database, 30)


def test_the_skill_of_all_coins_is_of_the_days_of_a_report(database: Database) -> None:
    add_day(database, "BTC", DAY)
    add_day(database, "BTC", DAY - timedelta(days=30), loss=0.1)

    skill = skill_over_reference(database, DAY)

    assert skill is not None
    assert (skill.num_days, skill.mean) == (1, pytest.approx(0.2))  # 1 - 0.4 / 0.5
    assert skill_over_reference(database, DAY - timedelta(days=40)) is None

"""The leaderboard: who stands where, and what is averaged over what."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from coin_models.reporting.leaderboard import CHAMPION, REFERENCE, Leaderboard, make_leaderboard
from coin_models.reporting.report.out_of_sample import CoinSkills, daily_mean
from coin_models_tests.reporting.scored_days import scored

DAY = date(2024, 8, 15)
GOOD, POOR = (0.01, 0.03, 0.02, 0.01, 0.03), (-0.01, 0.01, 0.0, -0.01, 0.01)


def leaderboard(skills: CoinSkills, champions: dict[str, str | None] | None = None) -> Leaderboard:
    return make_leaderboard(skills, DAY - timedelta(days=29), DAY, champions or {})


def test_the_best_over_the_reference_is_first_and_those_without_an_interval_are_last() -> None:
    board = leaderboard({"LUCKY": scored(DAY, (0.5,)), "POOR": scored(DAY, POOR), "GOOD": scored(DAY, GOOD)})

    assert [line.name for line in board.coins] == ["GOOD", "POOR", "LUCKY"]
    assert board.coins[0].over_reference == daily_mean(GOOD)
    assert [line.is_better for line in board.coins] == [True, False, False]


def test_who_forecasts_is_the_champion_else_the_reference_else_nothing() -> None:
    without = {day: replace(skill, over_reference=None) for day, skill in scored(DAY, POOR).items()}

    board = leaderboard({"BTC": scored(DAY, GOOD), "ETH": scored(DAY, POOR), "OLD": without}, {"BTC": "v", "ETH": None})

    assert {line.name: line.forecaster for line in board.coins} == {"BTC": CHAMPION, "ETH": REFERENCE, "OLD": None}
    assert board.coins[-1].over_reference is None


def test_over_all_coins_a_day_counts_once() -> None:
    board = leaderboard({"BTC": scored(DAY, GOOD), "ETH": scored(DAY, POOR, validation=0.04)})

    # Means of the two coins on each of the five days.
    assert board.total.over_reference == daily_mean([0.0, 0.02, 0.01, 0.0, 0.02])
    assert board.total.num_days == 5
    assert board.total.validation_skill == pytest.approx(0.03)


def test_coverage_is_of_the_newest_days_interval_alone() -> None:
    before = scored(DAY - timedelta(days=1), GOOD, coverage=0.9, nominal_coverage=0.9)

    (line,) = leaderboard({"BTC": before | scored(DAY, (0.01,))}).coins

    assert (line.num_days, line.nominal_coverage) == (6, 0.8)
    assert line.coverage == daily_mean([0.81])


def test_months_are_over_all_coins_oldest_first() -> None:
    skills = {"BTC": scored(date(2024, 8, 2), GOOD), "ETH": scored(date(2024, 8, 1), (0.05,))}

    months = leaderboard(skills).months

    assert [(line.name, line.num_days) for line in months] == [("2024-07", 3), ("2024-08", 2)]
    assert months[1].over_reference == daily_mean([0.03, 0.03])  # of both coins on the 1st: (0.01 + 0.05) / 2


def test_the_third_of_a_coins_days_with_the_greatest_exposure_is_calm() -> None:
    days = scored(DAY, (0.01, 0.02, 0.03, 0.04, 0.05, 0.06))
    exposures = (0.5, 0.1, 0.3, 0.6, 0.2, 0.4)
    with_exposure = {
        day: replace(skill, exposure=held) for (day, skill), held in zip(days.items(), exposures, strict=True)
    }
    few = scored(DAY, (0.9, 0.9))  # cannot be divided into thirds

    terciles = leaderboard({"BTC": with_exposure, "NEW": few}).volatility

    # Calm: the days with 0.6 and 0.5; middle: 0.4 and 0.3; wild: 0.2 and 0.1.
    assert {line.name: round(line.over_reference.mean, 6) for line in terciles if line.over_reference} == {
        "calm": 0.025,
        "middle": 0.045,
        "wild": 0.035,
    }
    assert [line.name for line in terciles] == ["calm", "middle", "wild"]


def test_its_json_holds_every_line() -> None:
    content = leaderboard({"BTC": scored(DAY, GOOD)}, {"BTC": "v"}).to_json()

    assert (content["first"], content["last"], content["level"]) == ("2024-07-17", "2024-08-15", 0.9)
    assert content["coins"][0]["over_reference"]["num_days"] == 5
    assert content["coins"][0]["forecaster"] == "champion"
    assert [len(content[name]) for name in ("months", "volatility")] == [1, 3]

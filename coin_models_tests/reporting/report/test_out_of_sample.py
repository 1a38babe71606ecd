"""Out-of-sample skill: its mean, its interval, and how often that covers."""

from datetime import date, timedelta

import numpy as np
import pytest

from coin_models.db.engine import Database
from coin_models.reporting.report.out_of_sample import (
    DaySkill,
    all_coins,
    clustered_mean,
    column_text,
    daily_mean,
    figure_text,
    over_reference,
    over_unconditional,
    read_skills,
)
from coin_models_tests.reporting.scored_days import add_day
from coin_models_tests.trading.daily_figures import daily_figures

DAY = date(2024, 8, 15)


def day(reference: float | None, unconditional: float = 0.05) -> DaySkill:
    return DaySkill(over_unconditional=unconditional, over_reference=reference)


def test_the_interval_is_students_and_a_little_wider() -> None:
    figure = daily_mean([0.01, 0.02, 0.03, 0.04, 0.05])

    # standard error 0.0158114 / sqrt(5) = 0.0070711, t of 4 degrees at 95 % 2.1318, times 1.15
    assert figure is not None
    assert (figure.mean, figure.num_days) == (pytest.approx(0.03), 5)
    assert (figure.low, figure.high) == (
        pytest.approx(0.03 - 0.017335, abs=1e-6),
        pytest.approx(0.03 + 0.017335, abs=1e-6),
    )
    assert str(figure) == "+0.0300 (+0.0127 to +0.0473, 5 days)"
    assert column_text(figure) == "+0.0300 ±0.0173"


def test_a_few_days_have_no_interval_and_none_no_figure() -> None:
    assert figure_text(daily_mean([0.01])) == "+0.0100 (1 day, too few for an interval)"
    assert column_text(daily_mean([0.01])) == "+0.0100 too few"
    assert figure_text(daily_mean([])) == column_text(None) == "\N{EN DASH}"


def test_versions_without_a_reference_have_only_one_of_the_figures() -> None:
    days = [day(None), day(0.01), day(0.03)]

    assert over_reference(days) == daily_mean([0.01, 0.03])
    assert over_unconditional(days) == daily_mean([0.05] * 3)


def test_over_all_coins_days_are_counted_not_coin_days() -> None:
    before = DAY - timedelta(days=1)
    skills = {"BTC": {before: day(0.01), DAY: day(0.03)}, "ETH": {DAY: day(0.01), DAY - timedelta(days=9): day(1.0)}}

    figure = all_coins(skills, DAY, num_days=2)

    assert figure == daily_mean([0.01, 0.02])


@pytest.mark.parametrize("num_days", [5, 10, 30])
@pytest.mark.parametrize("correlation", [0.0, 0.15])
def test_the_interval_covers_the_truth_at_least_as_often_as_87_in_100(num_days: int, correlation: float) -> None:
    rng, covered, runs = np.random.default_rng(2), 0, 1500
    for _ in range(runs):
        figure = daily_mean([float(value) for value in daily_figures(rng, num_days, correlation)])
        assert figure is not None
        assert figure.low is not None
        assert figure.high is not None
        covered += figure.low <= 0 <= figure.high

    assert covered / runs >= 0.87


def test_a_day_of_other_coins_weighs_as_much_as_any() -> None:
    figures = [(DAY, 0.03), (DAY, 0.01), (DAY, None), (DAY - timedelta(days=1), 0.06)]

    assert clustered_mean(figures) == daily_mean([0.02, 0.06])


def test_figures_are_read_out_of_the_rows_and_the_champion_counts(database: Database) -> None:
    add_day(database, "BTC", DAY, role="challenger", loss=0.9)
    add_day(database, "BTC", DAY, role="champion", loss=0.4, unconditional=0.5, reference=0.8, exposure=0.25)
    add_day(database, "BTC", DAY, role="reference", loss=0.1)
    add_day(database, "ETH", DAY, role="challenger", loss=0.4, reference=None, exposure=None, validation=None)
    add_day(database, "SOL", DAY, role="champion", loss=None)
    add_day(database, "BTC", DAY - timedelta(days=1))

    with database.read() as connection:
        skills = read_skills(connection, DAY, DAY)
        of_ether = read_skills(connection, DAY, DAY, ["ETH"])

    assert skills["BTC"] == {
        DAY: DaySkill(
            over_unconditional=pytest.approx(0.2),
            over_reference=pytest.approx(0.5),
            validation=0.02,
            coverage=pytest.approx(0.75),
            nominal_coverage=0.8,
            exposure=0.25,
        )
    }
    assert (skills["ETH"][DAY].over_reference, skills["ETH"][DAY].exposure, skills["ETH"][DAY].validation) == (
        None,
    ) * 3
    assert sorted(skills) == ["BTC", "ETH"]
    assert of_ether == {"ETH": skills["ETH"]}

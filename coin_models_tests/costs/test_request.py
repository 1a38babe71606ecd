"""The request for a plan: what fills it and what it refuses."""

from datetime import date

import pytest

from coin_models.costs.request import hour_of_day, request_from_settings
from coin_models.costs.workload import Workload
from coin_models.settings.costs import CostSettings
from coin_models_tests.costs.builders import constant_rate, request


def test_a_deadline_before_the_start_is_tomorrows() -> None:
    assert request(deadline_hour=1.0).deadline_hours(2.0) == 23.0
    assert request(deadline_hour=2.0).deadline_hours(2.0) == 24.0


def test_the_settings_fill_a_request_and_arguments_win() -> None:
    costs = CostSettings(daily_budget_usd=3.0)
    workload = Workload(seconds_per_coin=1.0, spread=0.0, source="test")

    filled = request_from_settings(costs, num_coins=5, workload=workload, model=constant_rate(0.1))
    given = request_from_settings(
        costs, num_coins=5, workload=workload, model=constant_rate(0.1), deadline="06:30", budget_usd=1.0
    )

    assert (filled.deadline_hour, filled.budget_usd) == (8.0, 3.0)
    assert (given.deadline_hour, given.budget_usd) == (6.5, 1.0)
    assert filled.price.seen == date(2025, 11, 1)


@pytest.mark.parametrize("time", ["24:00", "8", "08:60", "-1:00", "eight"])
def test_a_deadline_that_is_no_time_of_day_is_refused(time: str) -> None:
    with pytest.raises(ValueError, match="not a time of day"):
        hour_of_day(time)


def test_every_problem_of_a_request_is_named_at_once() -> None:
    with pytest.raises(ValueError, match=r"num_coins.*budget_usd"):
        request(num_coins=0, budget_usd=0.0)

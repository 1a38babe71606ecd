import json
import math
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coin_models.planning.nightly_run.interruptions import bathtub
from coin_models.planning.options import most_that_fit, options_of
from coin_models.planning.plan import OptionKind, OptionPlan
from coin_models.planning.planner import closed_form_note, make_cost_plan
from coin_models.planning.published import published_costs
from coin_models.planning.recommendation import choose
from coin_models.planning.request import hour_of_day, request_from_settings
from coin_models.planning.workload import Workload, published_workload
from coin_models.settings.costs import CostSettings
from coin_models_tests.planning.builders import PRICE, constant_rate, request

SWEEP = settings(max_examples=8, deadline=None)
HOURS = st.floats(2.5, 9.0)
BUDGETS = st.floats(0.02, 1.5)


def most_coins(options: tuple[OptionPlan, ...]) -> int:
    return max(option.num_coins for option in options)


def test_the_published_example_is_recovered_from_the_published_ranges() -> None:
    twenty, everything = published_costs(PRICE, CostSettings().published_runs)

    # 0.25 x 2 h x 30 nights = 15; 0.70 x 2 x 30 = 42; 15 / 42 = 0.357
    assert (twenty.spot_monthly_usd[1], twenty.on_demand_monthly_usd[1]) == pytest.approx((15.0, 42.0))
    assert twenty.saved == pytest.approx(0.643, abs=5e-4)
    assert (everything.spot_monthly_usd[1], everything.on_demand_monthly_usd[1]) == pytest.approx((60.0, 168.0))


def test_the_planner_recovers_the_published_example_once_interruptions_are_left_out() -> None:
    two_hours = Workload(seconds_per_coin=360.0, spread=0.0, source="published, at its longest")
    asked = request(workload=two_hours, model=constant_rate(0.0), startup_seconds=0.0)

    plan = make_cost_plan(asked)
    on_demand, spot = (plan.option(kind).night for kind in (OptionKind.ON_DEMAND, OptionKind.SPOT))

    assert on_demand is not None
    assert spot is not None
    assert on_demand.cost_high_usd * 30 == pytest.approx(42.0)
    assert spot.cost_high_usd * 30 == pytest.approx(15.0)
    assert plan.option(OptionKind.ON_DEMAND).monthly_usd == pytest.approx(0.6 * 2 * 30)
    assert plan.option(OptionKind.ON_DEMAND).yearly_usd == pytest.approx(0.6 * 2 * 365)


def test_interruptions_at_the_published_rates_leave_most_of_the_published_saving() -> None:
    workload = published_workload(CostSettings().published_runs[0], 20)

    plan = make_cost_plan(request(workload=workload))
    on_demand, spot = (plan.option(kind).night for kind in (OptionKind.ON_DEMAND, OptionKind.SPOT))

    assert on_demand is not None
    assert spot is not None
    assert 0.60 < 1 - spot.cost_usd / on_demand.cost_usd < 0.667  # 0.20 against 0.60 without any interruption
    assert spot.num_interruptions == pytest.approx(0.08 * 1.5, rel=0.05)
    assert plan.spot_is_worth_it


@SWEEP
@given(deadline=HOURS, budget=BUDGETS, rate=st.floats(0.0, 0.5))
def test_a_plan_never_exceeds_budget_or_deadline(deadline: float, budget: float, rate: float) -> None:
    asked = request(deadline_hour=deadline, budget_usd=budget, model=constant_rate(rate))

    options = options_of(asked)

    for option in options:
        assert option.num_coins + option.num_left_out == 20
        assert (option.why_left_out is None) == (option.num_left_out == 0)
        assert (option.night is None) == (option.num_coins == 0)
        if option.night is not None:
            assert max(option.night.cost_usd, option.night.cost_p95_usd) <= budget
            assert option.night.miss_probability <= 0.05


@SWEEP
@given(budget=BUDGETS, more=st.floats(0.0, 1.0), rate=st.floats(0.0, 0.5))
def test_a_larger_budget_never_trains_fewer_coins(budget: float, more: float, rate: float) -> None:
    less, larger = (options_of(request(budget_usd=usd, model=constant_rate(rate))) for usd in (budget, budget + more))

    assert all(a.num_coins <= b.num_coins for a, b in zip(less, larger, strict=True))


@SWEEP
@given(deadline=HOURS, later=st.floats(0.0, 6.0), rate=st.floats(0.0, 0.5), budget=st.none() | BUDGETS)
def test_a_later_deadline_never_trains_fewer_coins(
    deadline: float, later: float, rate: float, budget: float | None
) -> None:
    early, late = (
        options_of(request(deadline_hour=hour, budget_usd=budget, model=constant_rate(rate)))
        for hour in (deadline, deadline + later)
    )

    assert most_coins(early) <= most_coins(late)


@SWEEP
@given(deadline=HOURS, later=st.floats(0.0, 6.0), rate=st.floats(0.0, 0.5))
def test_a_later_deadline_never_makes_the_same_coins_dearer(deadline: float, later: float, rate: float) -> None:
    chosen = [
        choose(options_of(request(deadline_hour=hour, model=constant_rate(rate))))
        for hour in (deadline, deadline + later)
    ]
    early, late = ((0, math.inf) if c is None or c.night is None else (c.num_coins, c.night.cost_usd) for c in chosen)

    # The choice pays up to one percent for a guarantee of the deadline.
    assert late[0] > early[0] or late[1] <= early[1] * 1.011


def test_what_is_left_out_is_explained_by_the_first_coin_that_does_not_fit() -> None:
    # On-demand costs 0.60 x (90 s + 270 s per coin): 2 coins 0.105, 3 coins 0.150
    option = options_of(request(budget_usd=0.12))[0]

    assert option.kind is OptionKind.ON_DEMAND
    assert (option.num_coins, option.num_left_out) == (2, 18)
    assert option.why_left_out == "budget: 3 coins would cost up to 0.150 USD a night, 0.120 may be spent"


def test_a_plan_in_which_nothing_fits_says_so() -> None:
    plan = make_cost_plan(request(budget_usd=0.001))

    assert plan.recommended is None
    assert plan.reason.startswith("Nothing fits: on-demand: budget: 1 coins")
    assert (plan.best_start, plan.start_hours) == (None, ())


def test_the_recommendation_names_what_it_saves_and_when_it_is_ready() -> None:
    plan = make_cost_plan(request())

    # 20 x 270 s and 90 s are 1.525 h: ready at 03:31 without an interruption, six minutes later with one
    assert plan.recommended is OptionKind.SWITCHING
    assert plan.reason.startswith("Spot, then on-demand: 20 coins for 0.31 USD a night, ready by 03:")
    assert "66% less than on-demand (0.91 USD)" in plan.reason


def test_the_best_start_avoids_the_hours_in_which_machines_are_taken() -> None:
    plan = make_cost_plan(request(checkpoint_seconds=30.0))

    assert plan.best_start is not None
    assert [start.hour for start in plan.start_hours] == list(range(8))
    assert 2 <= plan.best_start.hour <= 6
    assert plan.start_hours[0].cost_usd > plan.best_start.cost_usd


def test_the_sensitivity_shows_the_same_night_under_other_interruptions() -> None:
    plan = make_cost_plan(request(checkpoint_seconds=30.0))
    by_model = {row.model: row for row in plan.sensitivity}

    assert list(by_model) == ["memoryless", "bathtub", "correlated"]
    assert by_model["bathtub"].cost_usd < by_model["memoryless"].cost_usd


def test_where_the_closed_form_is_off_the_plan_says_so() -> None:
    asked = request(model=bathtub((0.5,) * 24), checkpoint_seconds=600.0)

    note = closed_form_note(asked, 20)

    assert note is not None
    assert "8% above" in note
    assert note in make_cost_plan(asked).notes


def test_where_the_closed_form_is_right_the_plan_says_nothing() -> None:
    assert closed_form_note(request(model=constant_rate(0.1)), 20) is None


def test_without_a_deadline_there_is_nothing_to_switch_for() -> None:
    plan = make_cost_plan(request(deadline_hour=None))

    assert [option.kind for option in plan.options] == [OptionKind.ON_DEMAND, OptionKind.SPOT]
    assert len(plan.start_hours) == 24


def test_spot_that_is_dearer_than_on_demand_is_no_longer_worth_it() -> None:
    dear = PRICE.model_copy(update={"spot_usd_per_hour": (0.55, 0.65)})

    plan = make_cost_plan(request(price=dear, model=constant_rate(0.5)))

    assert not plan.spot_is_worth_it
    assert plan.recommended is OptionKind.ON_DEMAND


def test_a_plan_survives_json() -> None:
    plan = make_cost_plan(request(deadline_hour=None))

    told = json.loads(json.dumps(plan.to_json(), allow_nan=False))

    assert told["options"][0]["kind"] == "on-demand"
    assert told["options"][0]["checkpoint_interval_seconds"] is None  # infinite: never saved
    assert told["recommended"] == plan.recommended


def test_a_deadline_before_the_start_is_tomorrows() -> None:
    assert request(deadline_hour=1.0).deadline_hours(2.0) == 23.0
    assert request(deadline_hour=2.0).deadline_hours(2.0) == 24.0


def test_the_settings_fill_a_request_and_arguments_win() -> None:
    costs = CostSettings(daily_budget_usd=3.0)
    workload = Workload(seconds_per_coin=1.0, spread=0.0, source="test")

    filled = request_from_settings(costs, num_coins=5, workload=workload, model=constant_rate(0.1))
    told = request_from_settings(
        costs, num_coins=5, workload=workload, model=constant_rate(0.1), deadline="06:30", budget_usd=1.0
    )

    assert (filled.deadline_hour, filled.budget_usd) == (8.0, 3.0)
    assert (told.deadline_hour, told.budget_usd) == (6.5, 1.0)
    assert filled.price.seen == date(2025, 11, 1)


@pytest.mark.parametrize("time", ["24:00", "8", "08:60", "-1:00", "eight"])
def test_a_deadline_that_is_no_time_of_day_is_refused(time: str) -> None:
    with pytest.raises(ValueError, match="not a time of day"):
        hour_of_day(time)


def test_every_problem_of_a_request_is_named_at_once() -> None:
    with pytest.raises(ValueError, match=r"num_coins.*budget_usd"):
        request(num_coins=0, budget_usd=0.0)


@given(limit=st.integers(1, 600), border=st.integers(0, 600))
def test_bisection_finds_the_last_that_fits(limit: int, border: int) -> None:
    assert most_that_fit(limit, lambda coins: coins <= border) == min(border, limit - 1)

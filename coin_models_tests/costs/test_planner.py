import pytest

from coin_models.costs.interrupted_runs.interruptions import bathtub
from coin_models.costs.plan import OptionKind
from coin_models.costs.planner import closed_form_note, make_cost_plan
from coin_models.costs.workload import Workload, published_workload
from coin_models.settings.costs import CostSettings
from coin_models_tests.costs.builders import constant_rate, request


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


def test_a_plan_in_which_nothing_fits_says_so() -> None:
    plan = make_cost_plan(request(budget_usd=0.001))

    assert plan.recommended is None
    assert plan.reason.startswith("Nothing fits: on-demand: budget: 1 coins")
    assert (plan.best_start, plan.start_hours) == (None, ())


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


@pytest.mark.parametrize(("machines", "is_said"), [(("x86_64",), True), (("RTX 3090", "x86_64"), False), ((), False)])
def test_seconds_of_one_machine_at_the_price_of_another_are_said(machines: tuple[str, ...], is_said: bool) -> None:
    workload = Workload(seconds_per_coin=360.0, spread=0.0, source="own history", measured_on=machines)

    notes = make_cost_plan(request(workload=workload)).notes

    assert any("measured on x86_64, the prices are of RTX 3090" in note for note in notes) == is_said


def test_where_the_closed_form_is_right_the_plan_says_nothing() -> None:
    assert closed_form_note(request(model=constant_rate(0.1)), 20) is None


def test_without_a_deadline_there_is_nothing_to_switch_for() -> None:
    plan = make_cost_plan(request(deadline_hour=None))

    assert [option.kind for option in plan.options] == [OptionKind.ON_DEMAND, OptionKind.SPOT]
    assert len(plan.start_hours) == 24

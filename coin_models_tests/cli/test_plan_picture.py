"""The plan as an SVG picture."""

from xml.etree import ElementTree as ET

from coin_models.cli.plan_picture import plan_picture
from coin_models.costs.plan import CostPlan
from coin_models.costs.planner import make_cost_plan
from coin_models_tests.costs.builders import request

_SVG = "{http://www.w3.org/2000/svg}"


def texts(plan: CostPlan) -> list[str]:
    drawn = ET.fromstring(plan_picture(plan))  # noqa: S314 - our own picture
    return [element.text or "" for element in drawn.iter(f"{_SVG}text")]


def test_deadline_budget_and_every_option_that_fits_are_named() -> None:
    plan = make_cost_plan(request(budget_usd=1.0, deadline_hour=8.0))

    shown = texts(plan)

    assert "deadline 08:00" in shown
    assert "budget 1.00 USD" in shown
    assert all(any(text.startswith(f"{option.kind}: ") for text in shown) for option in plan.options if option.night)


def test_the_recommended_option_has_a_ring() -> None:
    plan = make_cost_plan(request())

    assert plan.recommended is not None
    assert texts(plan).count("recommended") == 1


def test_a_plan_in_which_nothing_fits_is_drawn_too() -> None:
    assert "nothing fits budget and deadline" in texts(make_cost_plan(request(budget_usd=0.001)))

"""The plan as a value."""

import json

from coin_models.costs.plan import OptionKind
from coin_models.costs.planner import make_cost_plan
from coin_models_tests.costs.builders import PRICE, constant_rate, request


def test_spot_that_is_dearer_than_on_demand_is_no_longer_worth_it() -> None:
    dear = PRICE.model_copy(update={"spot_usd_per_hour": (0.55, 0.65)})

    plan = make_cost_plan(request(price=dear, model=constant_rate(0.5)))

    assert not plan.spot_is_worth_it
    assert plan.recommended is OptionKind.ON_DEMAND


def test_a_plan_survives_json() -> None:
    plan = make_cost_plan(request(deadline_hour=None))

    content = json.loads(json.dumps(plan.to_json(), allow_nan=False))

    assert content["options"][0]["kind"] == "on-demand"
    assert content["options"][0]["checkpoint_interval_seconds"] is None  # infinite: never saved
    assert content["recommended"] == plan.recommended

"""The recommended option and the sentence that explains it."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coin_models.costs.options import options_of
from coin_models.costs.plan import OptionKind
from coin_models.costs.planner import make_cost_plan
from coin_models.costs.recommendation import choose, clock, explain, usd
from coin_models_tests.costs.builders import constant_rate, request
from coin_models_tests.costs.strategies import DEADLINE_HOURS


@settings(max_examples=8, deadline=None)
@given(deadline=DEADLINE_HOURS, later=st.floats(0.0, 6.0), rate=st.floats(0.0, 0.5))
def test_a_later_deadline_never_makes_the_same_coins_dearer(deadline: float, later: float, rate: float) -> None:
    chosen = [
        choose(options_of(request(deadline_hour=hour, model=constant_rate(rate))))
        for hour in (deadline, deadline + later)
    ]
    early, late = ((0, math.inf) if c is None or c.night is None else (c.num_coins, c.night.cost_usd) for c in chosen)

    # The choice pays up to one percent for a guarantee of the deadline.
    assert late[0] > early[0] or late[1] <= early[1] * 1.011


def test_the_recommendation_names_what_it_saves_and_when_it_is_ready() -> None:
    plan = make_cost_plan(request())

    # 20 x 270 s and 90 s are 1.525 h: ready at 03:31 without an interruption, six minutes later with one
    assert plan.recommended is OptionKind.SWITCHING
    assert plan.reason.startswith("Spot, then on-demand: 20 coins for 0.31 USD a night, ready by 03:")
    assert "66% less than on-demand (0.91 USD)" in plan.reason


@pytest.mark.parametrize(
    ("hours", "shown"), [(8.5, "08:30"), (23.999, "00:00 (+1 d)"), (26.5, "02:30 (+1 d)"), (float("inf"), "never")]
)
def test_hours_are_shown_as_a_time_of_day(hours: float, shown: str) -> None:
    assert clock(hours) == shown


@pytest.mark.parametrize(
    ("amount", "shown"),
    [(0.0, "0.00"), (12.349, "12.35"), (1234.5, "1,234.50"), (0.0123, "0.012"), (0.00034, "0.00034")],
)
def test_small_amounts_keep_two_digits_that_can_be_seen(amount: float, shown: str) -> None:
    assert usd(amount) == shown


def test_of_options_that_train_fewer_coins_none_is_chosen() -> None:
    # 0.60 USD x (90 s + 20 x 270 s) are 0.915 USD on-demand; spot costs a third
    options = options_of(request(budget_usd=0.5, model=constant_rate(0.0), deadline_hour=None))

    chosen = choose(options)

    assert [option.num_coins for option in options] == [10, 20]
    assert chosen is not None
    assert chosen.kind is OptionKind.SPOT


def test_where_nothing_fits_each_option_says_why() -> None:
    options = options_of(request(budget_usd=0.001, deadline_hour=None))

    sentence = explain(choose(options), options, start_hour=2.0, deadline_hour=None)

    assert sentence.startswith("Nothing fits: on-demand: budget: 1 coins would cost up to 0.060 USD")

"""What each way of renting can do within budget and deadline."""

from hypothesis import given, settings
from hypothesis import strategies as st

from coin_models.costs.options import most_that_fit, options_of
from coin_models.costs.plan import OptionKind, OptionPlan
from coin_models_tests.costs.builders import constant_rate, request
from coin_models_tests.costs.strategies import BUDGETS_USD, DEADLINE_HOURS


def most_coins(options: tuple[OptionPlan, ...]) -> int:
    return max(option.num_coins for option in options)


@settings(max_examples=8, deadline=None)
@given(deadline=DEADLINE_HOURS, budget=BUDGETS_USD, rate=st.floats(0.0, 0.5))
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


@settings(max_examples=8, deadline=None)
@given(budget=BUDGETS_USD, more=st.floats(0.0, 1.0), rate=st.floats(0.0, 0.5))
def test_a_larger_budget_never_trains_fewer_coins(budget: float, more: float, rate: float) -> None:
    less, larger = (options_of(request(budget_usd=usd, model=constant_rate(rate))) for usd in (budget, budget + more))

    assert all(a.num_coins <= b.num_coins for a, b in zip(less, larger, strict=True))


@settings(max_examples=8, deadline=None)
@given(deadline=DEADLINE_HOURS, later=st.floats(0.0, 6.0), rate=st.floats(0.0, 0.5), budget=st.none() | BUDGETS_USD)
def test_a_later_deadline_never_trains_fewer_coins(
    deadline: float, later: float, rate: float, budget: float | None
) -> None:
    early, late = (
        options_of(request(deadline_hour=hour, budget_usd=budget, model=constant_rate(rate)))
        for hour in (deadline, deadline + later)
    )

    assert most_coins(early) <= most_coins(late)


def test_what_is_left_out_is_explained_by_the_first_coin_that_does_not_fit() -> None:
    # On-demand costs 0.60 x (90 s + 270 s per coin): 2 coins 0.105, 3 coins 0.150
    option = options_of(request(budget_usd=0.12))[0]

    assert option.kind is OptionKind.ON_DEMAND
    assert (option.num_coins, option.num_left_out) == (2, 18)
    assert option.why_left_out == "budget: 3 coins would cost up to 0.150 USD a night, 0.120 may be spent"


@given(limit=st.integers(1, 600), border=st.integers(0, 600))
def test_bisection_finds_the_last_that_fits(limit: int, border: int) -> None:
    assert most_that_fit(limit, lambda coins: coins <= border) == min(border, limit - 1)

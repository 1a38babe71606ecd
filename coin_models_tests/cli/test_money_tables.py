"""Plans and costs as a person reads them."""

import io
from dataclasses import replace

from rich.console import Console

from coin_models.cli.money_tables import print_cost_plan, print_costs
from coin_models.costs.ledger.ledger import CostLine
from coin_models.costs.plan import CostPlan, OptionKind, OptionPlan, RunForecast, StartHour
from coin_models.costs.published import PublishedCost

NIGHT = RunForecast(
    cost_usd=0.3, cost_low_usd=0.2, cost_high_usd=0.4, cost_p95_usd=0.5, finish_p05_hours=1.0, finish_p50_hours=1.5,
    finish_p95_hours=2.0, miss_probability=0.01, num_interruptions=0.25, lost_hours=0.001, on_demand_probability=0.1,
)  # fmt: skip
SPOT = OptionPlan(
    kind=OptionKind.SPOT,
    num_coins=20,
    num_left_out=0,
    why_left_out=None,
    checkpoint_interval_seconds=600.0,
    night=NIGHT,
)
ON_DEMAND = OptionPlan(
    kind=OptionKind.ON_DEMAND, num_coins=0, num_left_out=20, why_left_out="budget: 0.10 USD", night=None,
    checkpoint_interval_seconds=float("inf"),
)  # fmt: skip
PLAN = CostPlan(
    num_coins=20, gpu="RTX 3090", provider="runpod", prices_seen="2025-11-01", start_hour=2.0, deadline_hour=8.0,
    budget_usd=None, workload="test", seconds_per_coin=270.0, model="memoryless", options=(ON_DEMAND, SPOT),
    recommended=OptionKind.SPOT, reason="Spot: it costs least.", best_start=None, start_hours=(), sensitivity=(), notes=(),
)  # fmt: skip
LINE = CostLine(
    label="2025-03-01", num_sessions=1, num_models=2, billed_seconds=3600.0, useful_seconds=1800.0, redone_seconds=360.0,
    checkpoint_seconds=36.0, startup_seconds=180.0, idle_seconds=1224.0, cost_usd=0.2, cost_per_model_usd=0.1,
    goodput=0.5, interruptions_usd=0.02, on_demand_usd=0.3, saved_usd=0.1,
)  # fmt: skip


def plan_text(plan: CostPlan = PLAN, *published: PublishedCost, longest_unsaved_seconds: float = 1e9) -> str:
    text = io.StringIO()
    console = Console(file=text, width=200)
    print_cost_plan(console, plan, published, longest_unsaved_seconds=longest_unsaved_seconds)
    return " ".join(text.getvalue().split())


def costs_text(total: CostLine) -> str:
    text = io.StringIO()
    print_costs(Console(file=text, width=200), [LINE], total)
    return " ".join(text.getvalue().split())


def test_hours_of_a_night_are_times_of_day_after_its_start() -> None:
    text = plan_text()

    # Begun at 02:00: the median is ready 1.5 hours later, 19 of 20 nights 2 hours later.
    assert "20 coins a night from 02:00 UTC, ready by 08:00" in text
    assert "ready (median) - 03:30" in text
    assert "19 of 20 nights by - 04:00" in text


def test_an_option_in_which_nothing_fits_has_dashes_for_figures() -> None:
    text = plan_text()

    assert "left out 20 0" in text
    assert "USD a night - 0.30" in text
    assert "best checkpoints - every 600 s" in text


def test_coins_that_the_recommended_option_leaves_out_are_said_with_the_reason() -> None:
    left_out = replace(SPOT, num_left_out=3, why_left_out="budget: 0.10 USD")

    assert "3 coins are left out: budget: 0.10 USD." in plan_text(replace(PLAN, options=(ON_DEMAND, left_out)))


def test_fits_that_are_saved_sooner_than_would_be_best_are_explained() -> None:
    # The best is 600 s.
    assert "a fit is saved every 10 s or sooner, not every 600 s" in plan_text(longest_unsaved_seconds=10.0)
    assert "or sooner" not in plan_text(longest_unsaved_seconds=601.0)


def test_the_best_hour_to_start_is_named_only_where_it_makes_a_difference() -> None:
    usual = StartHour(hour=2, cost_usd=0.30, finish_p95_hours=2.0, miss_probability=0.0)
    best = StartHour(hour=5, cost_usd=0.20, finish_p95_hours=2.5, miss_probability=0.0)

    worth_it = plan_text(replace(PLAN, best_start=best, start_hours=(usual, best)))
    same = plan_text(replace(PLAN, best_start=best, start_hours=(replace(usual, cost_usd=0.201), best)))

    assert "Best start: 05:00 UTC (0.20 USD a night, ready by 07:30 in 19 of 20 nights" in worth_it
    assert "Starting at 02:00 UTC is as good as any other hour." in same


def test_a_published_claim_is_told_as_it_was_made() -> None:
    claim = PublishedCost(
        gpu="RTX 3090",
        num_coins=None,
        hours=(1.0, 2.0),
        spot_monthly_usd=(4.5, 15.0),
        on_demand_monthly_usd=(15.0, 60.0),
    )

    # 1 - 15 / 60
    assert (
        "Published: all coins in 1 to 2 h a night; spot 4.50 to 15.00, on-demand 15.00 to 60.00 USD a month, 75% saved."
        in (plan_text(PLAN, claim))
    )


def test_shares_of_a_line_are_of_the_billed_time() -> None:
    # Of an hour: half useful, 360 s redone, 36 s saving, 180 s starting, 1224 s beside.
    assert "2025-03-01 2 1:00:00 50.0% 10.0% 1.0% 5.0% 34.0% 0.2000 0.1000" in costs_text(LINE)


def test_savings_are_told_in_words_also_where_spot_cost_more() -> None:
    cheaper, more = costs_text(LINE), costs_text(replace(LINE, saved_usd=-0.05))

    assert "2 models for 0.20 USD (0.10 a model), 0.020 USD of it for interruptions." in cheaper
    assert "would have cost 0.30 USD on-demand: 0.10 USD less on spot" in cheaper
    assert "0.050 USD more on spot" in more


def test_without_a_known_price_the_on_demand_cost_is_said_to_be_unknown() -> None:
    unknown = costs_text(replace(LINE, saved_usd=None, on_demand_usd=None, goodput=None))

    assert "The on-demand cost is unknown: a machine is missing in costs.prices." in unknown

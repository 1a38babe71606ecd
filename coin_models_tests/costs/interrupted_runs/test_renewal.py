"""The renewal equation against simulated nights and manually calculated cases."""

import math

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from coin_models.costs.interrupted_runs.interruptions import InterruptionModel, bathtub, correlated, memoryless
from coin_models.costs.interrupted_runs.job import NightlyRun
from coin_models.costs.interrupted_runs.renewal import _Grid, on_demand_night, spot_night
from coin_models_tests.costs.builders import RENT, constant_rate, job
from coin_models_tests.costs.interrupted_runs.nights import CASES, MODELS, simulated


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_the_planners_night_agrees_with_ten_thousand_simulated_ones(case: str, model: InterruptionModel) -> None:
    work, night = CASES[case]

    solved, drawn = spot_night(work, night, RENT, model), simulated(work, night, model)

    assert solved.cost_usd == pytest.approx(drawn.cost_usd.mean(), rel=0.02)
    for share in (0.5, 0.95):
        assert solved.finish_quantile_hours(share) == pytest.approx(np.quantile(drawn.finish_hours, share), rel=0.05)
    # Four standard errors of the simulation, and the blur of the grid.
    error = 4 * drawn.num_interruptions.std() / 100
    assert solved.num_interruptions == pytest.approx(drawn.num_interruptions.mean(), abs=error, rel=0.02)
    assert solved.on_demand_probability == pytest.approx(drawn.used_on_demand.mean(), abs=0.02)
    assert np.quantile(drawn.cost_usd, 0.95) <= solved.cost_quantile_usd(0.95) * 1.02


def test_a_night_without_interruptions_is_start_up_and_work() -> None:
    outcome = spot_night(job(), NightlyRun(start_hour=2.0), RENT, constant_rate(0.0))

    # 6 h of work in 36.6 segments, each 10 s longer for its checkpoint: 6 h x 600 / 590, and 90 s
    hours = 6 * 600 / 590 + 0.025
    assert outcome.finish_quantile_hours(0.5) == pytest.approx(hours)
    assert outcome.cost_usd == pytest.approx(hours * 0.2)
    assert outcome.num_interruptions == 0.0


def test_an_on_demand_night_is_start_up_and_work_at_its_own_price() -> None:
    outcome = on_demand_night(job(work_seconds=7200.0, startup_seconds=0.0, checkpoint_seconds=0.0), RENT)

    assert outcome.cost_usd == pytest.approx(1.2)
    assert outcome.finish_quantile_hours(0.95) == pytest.approx(2.0)


def test_the_spread_of_the_work_spreads_the_finishing_time() -> None:
    outcome = on_demand_night(job(work_spread=0.2, startup_seconds=0.0, checkpoint_seconds=0.0), RENT)

    # log-normal: sigma^2 = ln 1.04, so the 95th percentile is 6 h x exp(1.645 x 0.198 - 0.0196)
    assert outcome.finish_quantile_hours(0.95) == pytest.approx(6 * math.exp(1.6449 * 0.19804 - 0.01961), rel=0.005)
    assert outcome.cost_usd == pytest.approx(3.6)


@settings(max_examples=15, deadline=None)
@example(rate=1e-308, slack=1.0, interval=120.0, model=memoryless)  # a candidate beyond every float
@given(
    rate=st.floats(0.0, 1.5),
    slack=st.floats(0.0, 6.0),
    interval=st.sampled_from([120.0, 1800.0, math.inf]),
    model=st.sampled_from([memoryless, bathtub, correlated]),
)
def test_with_the_switch_no_night_misses_a_deadline_that_on_demand_can_keep(
    rate: float, slack: float, interval: float, model: object
) -> None:
    work = job(work_seconds=7200.0, checkpoint_interval_seconds=interval)
    deadline = 0.025 + 2.0 * work.slowdown + slack + 1e-6
    night = NightlyRun(start_hour=2.0, deadline_hours=deadline, switches=True)
    interruptions = model((rate,) * 24)  # type: ignore[operator]

    solved, drawn = spot_night(work, night, RENT, interruptions), simulated(work, night, interruptions, 300)

    assert (drawn.finish_hours <= deadline + 1e-9).all()
    assert solved.miss_probability(deadline) == 0.0


@settings(max_examples=15, deadline=None)
@given(rate=st.floats(0.0, 0.8), hours=st.floats(0.2, 8.0), start=st.floats(0.0, 23.9))
def test_probability_is_neither_lost_nor_made(rate: float, hours: float, start: float) -> None:
    outcome = spot_night(job(work_seconds=hours * 3600), NightlyRun(start_hour=start), RENT, constant_rate(rate))

    assert outcome.weights.sum() == pytest.approx(1.0, abs=1e-4)
    assert outcome.num_interruptions == pytest.approx(rate * outcome.spot_hours, rel=0.01, abs=1e-6)


@settings(max_examples=10, deadline=None)
@given(rate=st.floats(0.01, 0.5), more=st.floats(0.05, 0.5))
def test_more_interruptions_never_make_a_night_cheaper(rate: float, more: float) -> None:
    night = NightlyRun(start_hour=2.0)

    few, many = (spot_night(job(), night, RENT, constant_rate(r)) for r in (rate, rate + more))

    assert few.cost_usd <= many.cost_usd


def test_nights_of_which_some_take_ten_times_the_mean_are_planned_on_as_fine_a_grid_as_fits() -> None:
    """Of 0.1 s to 1 s a coin, as after three first nights; every state of 800 and its moves took minutes."""
    work, night = job(work_seconds=75.0, work_spread=3.0, startup_seconds=7.0), NightlyRun(start_hour=2.0)

    grid = _Grid.of(work, night, 80)
    solved, drawn = spot_night(work, night, RENT, MODELS[0]), simulated(work, night, MODELS[0])

    assert grid.num_states < 400
    assert solved.cost_usd == pytest.approx(drawn.cost_usd.mean(), rel=0.03)

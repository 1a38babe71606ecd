"""One night: renewal equation, closed form and simulator against each other and against manually calculated cases."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from coin_models.planning.nightly_run.closed_form import expected_night
from coin_models.planning.nightly_run.interruptions import Bursts, InterruptionModel, bathtub, correlated, memoryless
from coin_models.planning.nightly_run.job import Job, MachinePrices, NightlyRun
from coin_models.planning.nightly_run.renewal import on_demand_night, spot_night
from coin_models.planning.nightly_run.simulator import SimulatedRuns, simulate_nights
from coin_models_tests.planning.builders import PUBLISHED_RATES, RENT, constant_rate, job

MODELS = [memoryless(PUBLISHED_RATES), bathtub(PUBLISHED_RATES), correlated(PUBLISHED_RATES)]
LONG = job(checkpoint_seconds=60.0, checkpoint_interval_seconds=1400.0, work_spread=0.1)
FRAGILE = job(work_seconds=4 * 3600.0, checkpoint_interval_seconds=math.inf)
CASES = {
    "a short night": (job(work_seconds=5400.0), NightlyRun(start_hour=2.0)),
    "a long night with a spread": (LONG, NightlyRun(start_hour=14.0)),
    "a long night that switches": (LONG, NightlyRun(start_hour=18.0, deadline_hours=8.5, switches=True)),
    "a night of minutes": (job(work_seconds=24.0), NightlyRun(start_hour=2.0)),
    "hardly any work after the start-up": (job(work_seconds=0.02), NightlyRun(start_hour=2.0)),
    "never saved": (FRAGILE, NightlyRun(start_hour=18.0)),
    "five hundred coins": (job(work_seconds=30 * 3600.0), NightlyRun(start_hour=2.0)),
}


def simulate(work: Job, night: NightlyRun, model: InterruptionModel, num_nights: int = 10_000) -> SimulatedRuns:
    return simulate_nights(work, night, RENT, model, num_nights=num_nights, rng=np.random.default_rng(5))


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_the_planners_night_agrees_with_ten_thousand_simulated_ones(case: str, model: InterruptionModel) -> None:
    work, night = CASES[case]

    solved, drawn = spot_night(work, night, RENT, model), simulate(work, night, model)

    assert solved.cost_usd == pytest.approx(drawn.cost_usd.mean(), rel=0.02)
    for share in (0.5, 0.95):
        assert solved.finish_quantile_hours(share) == pytest.approx(np.quantile(drawn.finish_hours, share), rel=0.05)
    # Four standard errors of the simulation, and the blur of the grid.
    error = 4 * drawn.num_interruptions.std() / 100
    assert solved.num_interruptions == pytest.approx(drawn.num_interruptions.mean(), abs=error, rel=0.02)
    assert solved.on_demand_probability == pytest.approx(drawn.used_on_demand.mean(), abs=0.02)
    assert np.quantile(drawn.cost_usd, 0.95) <= solved.cost_quantile_usd(0.95) * 1.02


@pytest.mark.parametrize("rate", [0.05, 0.3, 1.0])
def test_the_closed_form_agrees_with_both_under_a_constant_rate(rate: float) -> None:
    model, night = constant_rate(rate), NightlyRun(start_hour=0.0)
    closed = expected_night(job(), rate)

    solved, drawn = spot_night(job(), night, RENT, model), simulate(job(), night, model)

    assert closed.billed_hours * 0.2 == pytest.approx(solved.cost_usd, rel=0.005)
    assert closed.billed_hours * 0.2 == pytest.approx(drawn.cost_usd.mean(), rel=0.02)
    assert closed.num_interruptions == pytest.approx(drawn.num_interruptions.mean(), rel=0.05)
    assert closed.elapsed_hours == pytest.approx(drawn.finish_hours.mean(), rel=0.02)


def test_an_hour_that_must_run_undisturbed_takes_e_minus_one_hours_at_one_interruption_per_hour() -> None:
    bare = Job(work_seconds=3600.0, startup_seconds=0.0, replacement_seconds=0.0, checkpoint_seconds=0.0)

    closed = expected_night(bare, 1.0)

    assert closed.billed_hours == pytest.approx(math.e - 1.0)
    assert closed.num_interruptions == pytest.approx(math.e - 1.0)


def test_the_closed_form_overstates_what_bursts_and_infant_deaths_cost_a_job_that_is_never_saved() -> None:
    closed = expected_night(FRAGILE, 0.5).billed_hours

    for model in (bathtub((0.5,) * 24), correlated((0.5,) * 24, Bursts(severity=20.0))):
        solved = spot_night(FRAGILE, NightlyRun(start_hour=0.0), RENT, model)

        assert closed > solved.spot_hours * 1.1


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


def test_no_machine_outlives_the_longest_life() -> None:
    never_saved = job(work_seconds=30 * 3600.0, checkpoint_interval_seconds=math.inf)

    drawn = simulate_nights(
        never_saved,
        NightlyRun(start_hour=0.0),
        RENT,
        bathtub((0.0,) * 24),
        num_nights=3,
        rng=np.random.default_rng(0),
        max_steps=9,
    )

    assert np.isinf(drawn.finish_hours).all()
    assert drawn.num_interruptions.tolist() == [9.0, 9.0, 9.0]


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

    solved, drawn = spot_night(work, night, RENT, interruptions), simulate(work, night, interruptions, 300)

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


def test_a_night_can_be_priced_again() -> None:
    outcome = spot_night(*CASES["a long night that switches"], RENT, MODELS[0])

    assert outcome.cost_at_usd(RENT) == pytest.approx(outcome.cost_usd)
    assert outcome.cost_at_usd(MachinePrices(spot_usd_per_hour=0.0, on_demand_usd_per_hour=0.0)) == 0.0


def test_a_switch_without_a_deadline_is_refused() -> None:
    with pytest.raises(ValueError, match="needs a deadline"):
        NightlyRun(start_hour=2.0, switches=True)


def test_work_that_takes_no_time_is_refused() -> None:
    with pytest.raises(ValueError, match="work_seconds"):
        replace(job(), work_seconds=0.0)

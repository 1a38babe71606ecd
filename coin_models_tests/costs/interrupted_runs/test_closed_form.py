"""The closed form against a manually calculated case, the renewal equation and simulated nights."""

import math

import pytest

from coin_models.costs.interrupted_runs.closed_form import expected_night
from coin_models.costs.interrupted_runs.interruptions import Bursts, bathtub, correlated
from coin_models.costs.interrupted_runs.job import Job, NightlyRun
from coin_models.costs.interrupted_runs.renewal import spot_night
from coin_models_tests.costs.builders import RENT, constant_rate, job
from coin_models_tests.costs.interrupted_runs.nights import FRAGILE, simulated


@pytest.mark.parametrize("rate", [0.05, 0.3, 1.0])
def test_the_closed_form_agrees_with_both_under_a_constant_rate(rate: float) -> None:
    model, night = constant_rate(rate), NightlyRun(start_hour=0.0)
    closed = expected_night(job(), rate)

    solved, drawn = spot_night(job(), night, RENT, model), simulated(job(), night, model)

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

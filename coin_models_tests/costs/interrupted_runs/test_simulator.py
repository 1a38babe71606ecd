"""Simulated nights."""

import math

import numpy as np
import pytest

from coin_models.costs.interrupted_runs.interruptions import bathtub
from coin_models.costs.interrupted_runs.job import NightlyRun
from coin_models_tests.costs.builders import RENT, constant_rate, job
from coin_models_tests.costs.interrupted_runs.nights import simulated
from coin_models_tests.costs.interrupted_runs.simulator import simulate_nights


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


def test_a_night_that_nothing_interrupts_takes_start_up_and_work() -> None:
    drawn = simulated(job(work_seconds=5900.0), NightlyRun(start_hour=2.0), constant_rate(0.0), num_nights=3)

    # 90 s of start-up and 5900 s of work, a save of 10 s after each 590 s: 6090 s at 0.20 USD an hour
    assert drawn.finish_hours.tolist() == pytest.approx([6090 / 3600] * 3)
    assert drawn.cost_usd.tolist() == pytest.approx([6090 / 3600 * 0.2] * 3)
    assert drawn.num_interruptions.tolist() == [0.0] * 3


def test_an_interruption_loses_no_more_than_a_segment() -> None:
    drawn = simulated(job(), NightlyRun(start_hour=2.0), constant_rate(0.5), num_nights=200)

    # the segments of this job are 600 s long
    assert drawn.num_interruptions.sum() > 0
    assert (drawn.lost_hours <= drawn.num_interruptions * 600 / 3600).all()


def test_a_deadline_too_near_for_spot_goes_to_on_demand_at_once() -> None:
    night = NightlyRun(start_hour=2.0, deadline_hours=6.2, switches=True)
    drawn = simulated(job(), night, constant_rate(0.0), num_nights=2)

    # 6 h of work and its saves need 6.13 h from the start: a spot machine could lose too much
    assert drawn.used_on_demand.all()
    assert drawn.cost_usd.tolist() == pytest.approx([(90 / 3600 + 6 * 600 / 590) * 0.6] * 2)

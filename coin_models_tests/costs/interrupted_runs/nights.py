"""Nights of the tests: jobs, models of interruption, and ten thousand simulated nights of each."""

import math

import numpy as np

from coin_models.costs.interrupted_runs.interruptions import InterruptionModel, bathtub, correlated, memoryless
from coin_models.costs.interrupted_runs.job import Job, NightlyRun
from coin_models_tests.costs.builders import PUBLISHED_RATES, RENT, job
from coin_models_tests.costs.interrupted_runs.simulator import SimulatedRuns, simulate_nights

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


def simulated(work: Job, night: NightlyRun, model: InterruptionModel, num_nights: int = 10_000) -> SimulatedRuns:
    return simulate_nights(work, night, RENT, model, num_nights=num_nights, rng=np.random.default_rng(5))

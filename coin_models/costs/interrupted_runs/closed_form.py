"""The expected nightly run under memoryless interruptions at one constant rate, in closed form after Daly (2006).

Rates that change with the hour, age or bursts are in `renewal.py`; the planner compares the two and says where this one
is off.
"""

import math
from dataclasses import dataclass

from coin_models.costs.interrupted_runs.job import SECONDS_PER_HOUR, Job


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosedForm:
    """Expected values of one night on spot machines."""

    billed_hours: float
    elapsed_hours: float
    num_interruptions: float


def expected_night(job: Job, rate_per_hour: float) -> ClosedForm:
    """Expected machine time, elapsed time and interruptions of a job of the mean work.

    A stretch of length x that must run undisturbed, and begins afresh after each interruption, takes (e^(rx) - 1) / r
    machine-hours. The night is one such stretch of start-up and first segment, then segments which fall back, when
    interrupted, to a stretch of start-up and segment. Interruptions strike machines only, so their number is the rate
    times the machine time.
    """
    productive = job.work_seconds * job.slowdown / SECONDS_PER_HOUR
    startup = job.startup_seconds / SECONDS_PER_HOUR
    if rate_per_hour == 0:
        return ClosedForm(billed_hours=startup + productive, elapsed_hours=startup + productive, num_interruptions=0.0)
    segment = min(job.segment_hours, productive)
    first = math.expm1(rate_per_hour * (startup + segment)) / rate_per_hour
    interrupted = -math.expm1(-rate_per_hour * segment)
    further = interrupted / rate_per_hour + interrupted * first
    billed = first + (productive / segment - 1.0) * further
    interruptions = rate_per_hour * billed
    waited = interruptions * job.replacement_seconds / SECONDS_PER_HOUR
    return ClosedForm(billed_hours=billed, elapsed_hours=billed + waited, num_interruptions=interruptions)

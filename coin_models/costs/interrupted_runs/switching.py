"""The latest safe moment to change from spot machines to an on-demand one.

A spot machine is started only while an on-demand machine could still finish by the deadline if the spot machine were
interrupted just before its first checkpoint. Every checkpoint regains the time it took, so the rule is applied only
when a machine is to be rented. A deadline that an on-demand machine can keep is never missed by bad luck.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from coin_models.costs.interrupted_runs.interruptions import FloatArray

if TYPE_CHECKING:  # `retrain` asks this rule: it must not pay for scipy.stats
    from coin_models.costs.interrupted_runs.job import Job


@dataclass(frozen=True, slots=True, kw_only=True)
class SafeMoment:
    """The rule, in any one unit of time."""

    startup: float
    """From renting a machine, of either kind, until it trains."""
    segment: float
    """From one checkpoint to the next."""
    deadline: float
    """From the night's start."""

    def has_passed(self, elapsed: FloatArray, remaining: FloatArray) -> npt.NDArray[np.bool_]:
        """Whether only an on-demand machine is safe, this long after the start with this much work unsaved."""
        at_risk = self.startup + np.minimum(self.segment, remaining)
        return elapsed + at_risk + self.startup + remaining > self.deadline


def safe_moment(job: "Job", deadline_hours: float) -> SafeMoment:
    """The rule for a job, in hours."""
    return SafeMoment(startup=job.startup_seconds / 3600.0, segment=job.segment_hours, deadline=deadline_hours)

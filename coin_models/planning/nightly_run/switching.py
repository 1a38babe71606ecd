"""The latest safe moment to leave spot machines for an on-demand one.

Belongs here: the one rule that planner, simulator and `retrain` share. Not here: acting on it.

A spot machine is started only while, even if it is taken just before its first checkpoint, an on-demand machine rented
that instant would still finish by the deadline. Every checkpoint buys back the time it took, so the question is asked
only when a machine is to be rented, and a deadline that an on-demand machine can keep is never missed for want of luck.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from coin_models.planning.nightly_run.interruptions import FloatArray

if TYPE_CHECKING:  # `retrain` asks this rule: it must not pay for scipy.stats
    from coin_models.planning.nightly_run.job import Job


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

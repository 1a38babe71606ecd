"""Measures what the running fit has used so far, so that a kill leaves a record and not an estimate.

The worker's heartbeat writes it down.
"""

import time
from collections.abc import Callable, Sequence

from coin_models.db.lease import LeaseToken
from coin_models.operations.attempts import ComputeUsage
from coin_models.pipeline.services import ProgressSink
from coin_models.training.results import Progress


class UsageMeter:
    """The running attempts of one cohort: each is charged an equal share of what the cohort takes.

    All before the first step is start-up. Saves are not told apart while the fit runs: they are milliseconds.
    """

    def __init__(
        self,
        attempts: Sequence[int],
        startup_seconds: float,
        now: Callable[[], float] = time.monotonic,
        *,
        leases: Sequence[LeaseToken] = (),
    ) -> None:
        self.attempts = tuple(attempts)
        self.leases = tuple(leases)  # without one of them the work is for nothing
        self.confirmed = ComputeUsage()  # at the last heartbeat that found the leases held
        self._startup_seconds = startup_seconds
        self._now = now
        self._began = now()
        self._reached_before = 0
        self._first_step = self._last_step = 0
        self._stepping_since: float | None = None

    @property
    def setup_seconds(self) -> float:
        """Seconds from the beginning of the fit to its first step; up to now, where there was none yet."""
        return (self._now() if self._stepping_since is None else self._stepping_since) - self._began

    def fit_begins(self, reached_before: int, also: ProgressSink) -> ProgressSink:
        """Starts again; returns the sink that the fit reports to, which passes everything on to `also`.

        Args:
            reached_before: the step that an earlier process reached; up to there, work is done again.
            also: who else wants to know.
        """
        self._began, self._stepping_since, self._reached_before = self._now(), None, reached_before

        def sink(progress: Progress) -> None:
            is_first = self._stepping_since is None
            if is_first:
                self._first_step = progress.step - 1
            self._last_step = progress.step
            if is_first:  # last: from then on the heartbeat's thread divides by the steps done
                self._stepping_since = self._now()
            also(progress)

        return sink

    def usage(self) -> ComputeUsage:
        """One attempt's share of what was done until now."""
        share = 1.0 / len(self.attempts)
        startup_seconds = (self._startup_seconds + self.setup_seconds) * share
        if self._stepping_since is None:
            return ComputeUsage(startup_seconds=startup_seconds)
        done = self._last_step - self._first_step
        redone = max(0, min(self._reached_before, self._last_step) - self._first_step)
        working = (self._now() - self._stepping_since) * share
        return ComputeUsage(
            steps_done=done,
            steps_redone=redone,
            useful_seconds=working * (1 - redone / done),
            redone_seconds=working * redone / done,
            startup_seconds=startup_seconds,
        )

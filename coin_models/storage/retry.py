"""Trying again, a bounded time, while a failure is transient.

Belongs here: the pauses (exponential, with full jitter, so that many machines do not come back in step). Not here: what
is transient: the type of the error says so.
"""

import logging
import random
import time
from collections.abc import Callable
from typing import TypeVar

from coin_models.errors import StoreError

_logger = logging.getLogger(__name__)
_FIRST_PAUSE_SECONDS = 0.1
_LONGEST_PAUSE_SECONDS = 5.0
_WORTH_TELLING_SECONDS = 1.0

T = TypeVar("T")


class Backoff:
    """How long to go on trying; `sleep` is passed in so that tests do not wait."""

    def __init__(self, seconds: float = 60.0, *, sleep: Callable[[float], None] = time.sleep) -> None:
        self._seconds = seconds
        self._sleep = sleep

    def run(self, work: Callable[[], T]) -> T:
        """Calls `work` until it succeeds, fails for good, or the pauses together exceed the patience."""
        waited, longest = 0.0, _FIRST_PAUSE_SECONDS
        while True:
            try:
                done = work()
            except StoreError as error:
                if not error.transient or waited >= self._seconds:
                    raise
                if not waited:
                    _logger.warning("store fails, trying again for up to %.0f s: %s", self._seconds, error)
            else:
                if waited > _WORTH_TELLING_SECONDS:
                    _logger.warning("store is back after %.1f s of waiting", waited)
                return done
            pause = min(longest * random.uniform(0.5, 1.0), self._seconds - waited)  # noqa: S311 - jitter, not a secret
            self._sleep(pause)
            waited, longest = waited + pause, min(longest * 2, _LONGEST_PAUSE_SECONDS)

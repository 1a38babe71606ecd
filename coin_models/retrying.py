"""Retries calls for a bounded time while a service is unavailable, with a log line when the wait begins and when it ends.

A coin-day's next attempt, hours later, is decided in operations/retry.py.

A command waits for an outage once. After that wait has failed, every call fails at once until the service answers again: a
command that makes ten calls does not wait ten times.
"""

import logging
import threading
import time
from collections.abc import Callable
from typing import TypeVar

from tenacity import RetryCallState, Retrying, retry_if_exception, wait_random_exponential

_logger = logging.getLogger(__name__)

_FIRST_PAUSE_SECONDS = 0.1
_WORTH_TELLING_SECONDS = 1.0
_WAITED_OUT = (
    "_waited_out"  # of an error: a `Backoff` has gone on with it for as long as it may, so that no other one does
)

T = TypeVar("T")


def passes(error: BaseException) -> bool:
    """Whether the error's type says that it may pass."""
    return bool(getattr(error, "transient", False))


class Backoff:
    """How long to continue with a service; thread-safe."""

    def __init__(
        self,
        seconds: float,
        *,
        service: str,
        longest_pause_seconds: float = 2.0,
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Asks nothing yet.

        Args:
            seconds: from the first try that failed until no further one is made, the tries themselves included.
            service: what is unavailable, as the sentences call it, such as "the store".
            longest_pause_seconds: pauses double up to it, with jitter, so that many machines do not come back in step.
            sleep: a test's does not wait; what it is asked to wait counts all the same.
            monotonic: a clock in seconds.
        """
        self.seconds = seconds
        self.service = service
        self._sleep = sleep
        self._monotonic = monotonic
        self._wait = wait_random_exponential(
            multiplier=_FIRST_PAUSE_SECONDS, max=longest_pause_seconds, min=_FIRST_PAUSE_SECONDS / 2
        )
        self._lock = threading.Lock()
        self._since: float | None = None  # when the first try that failed began
        self._paused = 0.0
        self._is_given_up = False

    def run(self, work: Callable[[], T], *, may_pass: Callable[[BaseException], bool] = passes) -> T:
        """Calls `work` until it succeeds, fails for good, or the outage has lasted too long; then raises its last error."""
        began = self._monotonic()
        try:
            result = work()
        except Exception as error:  # noqa: BLE001 - judged by `may_pass`
            result = self._run_again(error, work, began=began, may_pass=may_pass)
        self._note_back()
        return result

    def _run_again(
        self, first: Exception, work: Callable[[], T], *, began: float, may_pass: Callable[[BaseException], bool]
    ) -> T:
        """What follows a first try that failed; one that succeeds needs none of tenacity's books, 15 microseconds a call."""
        failed = [first]

        def attempt() -> T:
            if failed:
                raise failed.pop()
            return work()

        retrying = Retrying(
            sleep=self._pause,
            wait=self._wait,
            stop=lambda state: self._is_spent(began, state),
            retry=retry_if_exception(lambda error: may_pass(error) and not hasattr(error, _WAITED_OUT)),
            before_sleep=self._say_once,
            reraise=True,
        )
        try:
            return retrying(attempt)
        except Exception as error:
            if may_pass(error):
                setattr(error, _WAITED_OUT, True)
            else:  # it answered
                self._note_back()
            raise

    def _is_spent(self, began: float, state: RetryCallState) -> bool:
        with self._lock:
            if self._since is None:
                self._since, self._paused = began, 0.0
            self._is_given_up |= self._waited(self._since) + state.upcoming_sleep > self.seconds
            return self._is_given_up

    def _waited(self, since: float) -> float:
        return max(self._monotonic() - since, self._paused)

    def _say_once(self, state: RetryCallState) -> None:
        if state.attempt_number == 1 and not self._paused and state.outcome is not None:
            _logger.warning(
                "cannot reach %s, retrying for %.0f s: %s",
                self.service,
                self.seconds,
                " ".join(str(state.outcome.exception()).split()),
            )

    def _pause(self, seconds: float) -> None:
        with self._lock:
            self._paused += seconds
        self._sleep(seconds)

    def _note_back(self) -> None:
        with self._lock:
            since, self._since = self._since, None
            waited = 0.0 if since is None else self._waited(since)
            self._paused, self._is_given_up = 0.0, False
        if waited > _WORTH_TELLING_SECONDS:
            _logger.warning("%s answers again after %.1f s", self.service, waited)

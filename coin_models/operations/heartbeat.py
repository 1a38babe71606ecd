"""The heartbeat: a thread that renews a session and its leases, and notices when they are lost."""

import logging
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

logger = logging.getLogger(__name__)


class Heartbeat:
    """Calls `renew` every `interval_seconds` until stopped.

    `renew` returns whether everything is still held. A failing `renew` (a database that is unavailable) is tried again at
    the next beat; after `lease_seconds` without a success the leases have expired elsewhere, so they are lost here.
    """

    def __init__(self, renew: Callable[[], bool], *, interval_seconds: float, lease_seconds: float) -> None:
        self._renew = renew
        self._interval_seconds = interval_seconds
        self._lease_seconds = lease_seconds
        self._stop = threading.Event()
        self._lost = threading.Event()
        self._last_success = time.monotonic()
        self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)

    def alive(self) -> bool:
        """Whether, as far as this process can know, everything is still held."""
        return not self._lost.is_set() and time.monotonic() - self._last_success < self._lease_seconds

    def beat(self) -> None:
        """Renews once, now."""
        try:
            if self._renew():
                self._last_success = time.monotonic()
            else:
                self._lost.set()
        except Exception as error:  # noqa: BLE001 - whatever the database says, the fit continues until the lease runs out
            logger.warning("heartbeat failed, trying again in %.0f s: %s", self._interval_seconds, error)

    def _run(self) -> None:
        while not self._stop.wait(self._interval_seconds):
            self.beat()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join(timeout=self._interval_seconds + 5)

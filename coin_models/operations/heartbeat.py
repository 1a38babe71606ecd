"""The heartbeat: a thread that renews a session and its leases."""

import logging
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

logger = logging.getLogger(__name__)


class Heartbeat:
    """Calls `renew` every `interval_seconds` until stopped.

    A failing `renew` (a database that is unavailable) is tried again at the next beat, however long that takes: whether
    a lease was lost meanwhile, only the database can say.
    """

    def __init__(self, renew: Callable[[], object], *, interval_seconds: float) -> None:
        self._renew = renew
        self._interval_seconds = interval_seconds
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)

    def beat(self) -> None:
        """Renews once, now."""
        try:
            self._renew()
        except Exception as error:  # noqa: BLE001 - whatever the database says, the fit continues
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

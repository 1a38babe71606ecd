"""Waits a bounded time for a database server that is away, at the moment of connecting.

Belongs here: the waiting of an engine that somebody else made (Dagster's). Not here: our own transactions, which wait by
themselves (engine.py); what an error means (failures.py).
"""

import logging
import random
import time
from collections.abc import Callable
from typing import Any

from sqlalchemy import Engine, event

from coin_models.db.failures import may_come_back

logger = logging.getLogger(__name__)

_FIRST_PAUSE_SECONDS = 0.1
_LONGEST_PAUSE_SECONDS = 2.0


class RetryingConnect:
    """Connects; tries again, with jitter, until the server has been away for `seconds`, and from then on not at all."""

    def __init__(
        self,
        seconds: float,
        *,
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._seconds = seconds
        self._sleep = sleep
        self._monotonic = monotonic
        self._away_since: float | None = None
        self._is_given_up = False

    def __call__(self, dialect: Any, _record: Any, arguments: Any, options: Any) -> Any:
        """The driver's new connection; as SQLAlchemy's event `do_connect` wants it.

        Raises:
            OperationalError: the driver's, once the patience is at an end, or at once where waiting cannot help.
        """
        pause = _FIRST_PAUSE_SECONDS
        while True:
            try:
                connection = dialect.connect(*arguments, **options)
            except dialect.loaded_dbapi.OperationalError as error:
                self._check(error, pause)
            else:
                self._note_back()
                return connection
            self._sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 - jitter, not a secret
            pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)

    def _check(self, error: Exception, pause: float) -> None:
        """Raises the error unless another try within the patience may help."""
        if not may_come_back(str(error)):
            raise error
        if self._away_since is None:
            self._away_since = self._monotonic()
            logger.warning("database is away, waiting up to %.0f s: %s", self._seconds, " ".join(str(error).split()))
        self._is_given_up |= self._monotonic() + pause > self._away_since + self._seconds
        if self._is_given_up:
            raise error

    def _note_back(self) -> None:
        since, self._away_since, self._is_given_up = self._away_since, None, False
        if since is not None:
            logger.warning("database is back after %.1f s", self._monotonic() - since)


def connect_patiently(engine: Engine, seconds: float) -> None:
    """Makes every new connection of the engine wait for a server that is away."""
    event.listen(engine, "do_connect", RetryingConnect(seconds))

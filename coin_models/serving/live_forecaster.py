"""A forecaster that follows the champions: a thread looks for new ones, and swaps them in while requests are answered."""

import logging
import threading
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Final, Self

from coin_models.clock import Clock
from coin_models.errors import CoinModelsError
from coin_models.pipeline.forecast import Forecaster

_log = logging.getLogger(__name__)
_STOP_SECONDS: Final = 10.0
_NAMED: Final = 5  # coins in a log line


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """What is served, and whether the champions are followed."""

    num_coins: int  # that a model in memory forecasts
    num_without: int  # coins of the universe that nothing forecasts, or whose version cannot be loaded
    checked_at: datetime  # when the champions were last read
    error: str | None  # why they could not be read since

    @property
    def is_serving(self) -> bool:
        """Whether any coin can be forecast."""
        return self.num_coins > 0


class LiveForecaster:
    """Within its context the champions are read every `refresh_seconds`; what is in use stays where they cannot be."""

    def __init__(self, forecaster: Forecaster, clock: Clock, refresh_seconds: float) -> None:
        self.forecaster = forecaster
        self._clock, self._refresh_seconds = clock, refresh_seconds
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="champions", daemon=True)
        self._checked_at: datetime = clock.now()
        self._error: str | None = None

    def __enter__(self) -> Self:
        """Reads them once.

        Raises:
            DatabaseError: they cannot be read.
        """
        self.forecaster.refresh()
        self._checked_at, self._error = self._clock.now(), None
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopped.set()
        self._thread.join(_STOP_SECONDS)

    def health(self) -> Health:
        """What is served now."""
        in_use = self.forecaster.in_use
        return Health(
            num_coins=len(in_use.models),
            num_without=len(in_use.failures),
            checked_at=self._checked_at,
            error=self._error,
        )

    def check(self) -> None:
        """Looks for new champions once; an error is a warning when it begins, and the end of it another."""
        try:
            changed = self.forecaster.refresh()
        except CoinModelsError as error:
            if self._error is None:
                _log.warning("champions cannot be read, those in memory still forecast: %s", error)
            self._error = str(error)
            return
        if self._error is not None:
            _log.warning("champions are read again")
        self._checked_at, self._error = self._clock.now(), None
        if changed:
            more = f" and {len(changed) - _NAMED} more" if len(changed) > _NAMED else ""
            _log.info("new forecasters of %s%s", ", ".join(changed[:_NAMED]), more, extra={"num_coins": len(changed)})

    def _follow(self) -> None:
        while not self._stopped.wait(self._refresh_seconds):
            try:
                self.check()
            except Exception:  # noqa: BLE001 - the service outlives a defect of one look
                _log.exception("champions could not be read")

"""A turn that one process at a time has over the whole home: a backup, or a removal."""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Final, Self

from coin_models.db.lease import LeaseToken
from coin_models.errors import Deferred
from coin_models.operations.leases import LeaseBook

HOME: Final = "turn/home"
"""Held by what copies all objects that rows name, and by what removes some of them."""
_LIFETIME: Final = timedelta(minutes=10)
_RENEWED_AFTER_SECONDS: Final = 60.0


class Turn:
    """A lease that is renewed at each step of its holder; a killed holder's ends after ten minutes."""

    def __init__(
        self, leases: LeaseBook, name: str, holder: str, *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._leases, self._name, self._holder, self._monotonic = leases, name, holder, monotonic
        self._tokens: dict[str, LeaseToken] = {}
        self._renewed = 0.0

    def __enter__(self) -> Self:
        """Takes the turn.

        Raises:
            Deferred: another process has it.
        """
        self._take()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._leases.release(self._tokens.values())

    def renew(self) -> None:
        """Keeps the turn; cheap at every step.

        Raises:
            Deferred: this process was suspended for longer than the turn, and another has it now.
        """
        if self._monotonic() - self._renewed > _RENEWED_AFTER_SECONDS:
            self._take()

    def _take(self) -> None:
        self._tokens = self._leases.acquire([self._name], self._holder, lifetime=_LIFETIME)
        if not self._tokens:
            raise Deferred(
                "another process makes a backup of this home or prunes it; repeat the command when that has ended "
                f"(a killed one holds its turn for at most {_LIFETIME.total_seconds() / 60:.0f} minutes)"
            )
        self._renewed = self._monotonic()

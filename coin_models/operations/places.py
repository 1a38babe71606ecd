"""Decides whether an error is the coin's own or of a place that all coins need (source, store, database, network,
machine).

It is a pure decision: by the error's type, and by majority within a run. An exchange that was unavailable for six
minutes once quarantined every coin. So an error of a place uses up no attempt.
"""

import errno
import re
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final

from sqlalchemy.exc import DBAPIError

from coin_models.errors import (
    CoinModelsError,
    DatabaseError,
    FitDiverged,
    MarketError,
    Place,
    RegistryError,
    StoreError,
)
from coin_models.operations.interruptions import causes, first_cause

_MACHINE: Final = {errno.ENOSPC, errno.EDQUOT, errno.ENOMEM, errno.EMFILE, errno.ENFILE, errno.EROFS, errno.EIO}
_NETWORK: Final = {errno.ENETDOWN, errno.ENETUNREACH, errno.EHOSTDOWN, errno.EHOSTUNREACH, errno.ETIMEDOUT}
_FEWEST = 2  # coins with the same error: one coin alone proves nothing about a place
_SUSPECTS: Final[tuple[tuple[type[CoinModelsError], Place | None], ...]] = (
    # It follows from the fingerprint alone: another try costs a whole fit and gives the same, however many coins meet it.
    (FitDiverged, None),
    (MarketError, "source"),
    (StoreError, "store"),
    (RegistryError, "store"),
    (DatabaseError, "database"),
)


def place_of(error: BaseException) -> Place | None:
    """The place that this error is of, by its type; None where it is the coin's own.

    Of the package's errors the first along the causes that has a place decides; others count only where no error of
    the package explains them.
    """
    own = [cause for cause in causes(error) if isinstance(cause, CoinModelsError)]
    if own:
        return next((cause.place for cause in own if cause.place is not None), None)
    return next((place for cause in causes(error) if (place := _foreign(cause)) is not None), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class CoinError:
    """Why one coin failed, as far as the decision needs it."""

    coin: str
    kind: str  # the error's type
    message: str
    place: Place | None = None  # by type
    suspect: Place | None = "machine"  # what it is of when most coins meet it; None: the coin's own all the same

    @classmethod
    def of(cls, coin: str, error: BaseException) -> "CoinError":
        """From what was raised."""
        return cls(
            coin=coin,
            kind=type(error).__name__,
            message=first_cause(error),
            place=place_of(error),
            suspect=_suspect(error),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Unavailable:
    """A place that a coin could not be trained without."""

    place: Place
    message: str

    def __str__(self) -> str:
        """As an attempt's reason says it."""
        return f"{self.place} unavailable: {self.message}"


def unavailable_coins(errors: Iterable[CoinError], *, num_tried: int) -> dict[str, Unavailable]:
    """The coins of one run whose errors are of a place; every other error is its coin's own.

    By type, or by majority: at least half of the `num_tried` coins of the run, and at least two, failed with the same
    error but for names, numbers and paths. A run of one coin is judged by type alone.
    """
    unavailable: dict[str, Unavailable] = {}
    alike: dict[tuple[Place, str, str], dict[str, CoinError]] = defaultdict(dict)
    all_errors = list(errors)
    coins = {error.coin for error in all_errors}
    for error in all_errors:
        if error.place is not None:
            unavailable.setdefault(error.coin, Unavailable(place=error.place, message=error.message))
        elif error.suspect is not None:
            alike[error.suspect, error.kind, normalised(error.message, coins)].setdefault(error.coin, error)
    for (place, _, _), same in alike.items():
        if len(same) >= _FEWEST and 2 * len(same) >= num_tried:
            for coin, error in same.items():
                unavailable.setdefault(coin, Unavailable(place=place, message=error.message))
    return unavailable


_PATH = re.compile(
    r"[^\s'\"(),;]*[/\\](?:[^\s'\"(),;]*[^\s'\"(),;:.])?|[\w.-]+\.(?:csv|parquet|feather|json|gz|zip|safetensors)\b"
)
_DIGEST = re.compile(r"\b(?=\w*\d)[0-9a-f]{8,}\b")
_NUMBER = re.compile(r"\d+(?:[.,:_-]\d+)*")


def normalised(message: str, coins: Collection[str]) -> str:
    """The message without what differs from coin to coin: coins' names, paths, digests, numbers, dates."""
    if coins:
        names = "|".join(sorted(map(re.escape, coins), key=len, reverse=True))
        message = re.sub(rf"(?<![A-Za-z0-9])(?:{names})(?![A-Za-z0-9])", "<coin>", message)
    for pattern, word in ((_PATH, "<path>"), (_DIGEST, "<digest>"), (_NUMBER, "<number>")):
        message = pattern.sub(word, message)
    return " ".join(message.split())


def _foreign(error: BaseException) -> Place | None:
    if isinstance(error, DBAPIError):
        return "database"
    if isinstance(error, MemoryError):
        return "machine"
    if isinstance(error, ConnectionError | TimeoutError):
        return "network"
    if isinstance(error, OSError):
        return "machine" if error.errno in _MACHINE else "network" if error.errno in _NETWORK else None
    return None


def _suspect(error: BaseException) -> Place | None:
    for cause in causes(error):
        for kind, place in _SUSPECTS:
            if isinstance(cause, kind):
                return place
    return "machine"

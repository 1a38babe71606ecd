"""Digests of the inputs of a day's trades, patterns and report: pure functions of facts.

| kind | made from |
|---|---|
| trades | the coin's trading step before it, its versions since then, manual decisions since then, the candles it reads, rules |
| patterns | the library before it, every coin's candles of the window, the trades in the window, rules |
| report | trades of its days, versions, attempts, manual decisions, candles of the day, the library, rules |

"Rules" are the settings and the code that decide. Each digest contains the one before it, so that a late or corrected
day changes those of all later days.
"""

import hashlib
from collections.abc import Iterable
from enum import StrEnum
from typing import Final


class DerivedKind(StrEnum):
    """What follows from a day's models, in the order in which it is made."""

    TRADES = "trades"  # of one coin: shadow trades and the decision about its champion
    PATTERNS = "patterns"  # of the whole day
    REPORT = "report"  # of the whole day


_PROVISIONAL: Final = "provisional-"
_DIGEST_LENGTH: Final = 64


def digest(what: str, *parts: str | Iterable[str] | None) -> str:
    """SHA-256, hexadecimal, of text parts; where one ends is part of it."""
    content = hashlib.sha256(what.encode())
    for part in parts:
        lines = [part] if isinstance(part, str) else list(part or ())
        content.update(f"\0{len(lines)}\0".encode())
        content.update("\n".join(lines).encode())
    return content.hexdigest()


def provisional(wanted: str, unreadable: Iterable[str]) -> str:
    """The digest of what was made although these bundles or candles could not be read: never equal to the wanted one.

    Without any it is the wanted one. It is the same as long as the same things cannot be read.
    """
    names = sorted(unreadable)
    if not names:
        return wanted
    return (_PROVISIONAL + digest("provisional", wanted, names))[:_DIGEST_LENGTH]


def is_provisional(stored: str) -> bool:
    """Whether something could not be read when this was made."""
    return stored.startswith(_PROVISIONAL)

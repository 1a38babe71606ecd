"""Random streams of one coin: each derives from (seed, coin, day, purpose, number) and from nothing else.

No stream is stored: a resumed fit derives the same one from its step, and a coin draws the same numbers in any cohort.
"""

import hashlib
from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np

Purpose = Literal["weights", "order", "dropout"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CoinStreams:
    """The streams of one coin on one day."""

    seed: int
    coin: str
    day: date

    def generator(self, purpose: Purpose, number: int = 0) -> np.random.Generator:
        """A counter-based generator (Philox 4x64, Salmon et al. 2011) keyed by a digest of all that names the stream."""
        name = f"{self.seed}|{self.coin}|{self.day.isoformat()}|{purpose}|{number}"
        key = hashlib.sha256(name.encode()).digest()[:16]
        return np.random.Generator(np.random.Philox(key=int.from_bytes(key, "little")))


def mask_offset(seed: int, step: int, block: int, num_offsets: int) -> int:
    """Row of the dropout banks at which a step begins: the same for every coin, whose banks differ."""
    digest = hashlib.sha256(f"{seed}|offset|{step}|{block}".encode()).digest()
    return int.from_bytes(digest[:8], "little") % num_offsets

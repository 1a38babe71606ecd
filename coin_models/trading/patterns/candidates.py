"""New shapes of a day from all coins, of which only as many as the library could take are looked for everywhere.

Three new shapes per coin, each looked for in every coin, is work that grows with the square of the universe: 500 coins
made 1,500 drafts for a library of 60. How often a draft would be recognised is estimated on a sample of windows that is
of the same size for every universe; the most frequent are kept (docs/adr/0160).
"""

from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from coin_models.settings.trading import TradingSettings
from coin_models.trading.patterns.discovery import Shapes, find_motifs, matrix_profile, spread_out
from coin_models.trading.patterns.windows import CoinWindows

MAX_QUERIES = 2048
"""Windows of one coin that a day compares with all its others. A new day's 288 fit; on a first day of 90 every 13th is taken."""

_MIN_QUERIES = 288
_UNIVERSE_QUERIES = (
    20 * MAX_QUERIES
)  # of all coins: a first day of 500 coins compares as many as one of 20, or 288 a coin
_SAMPLE = 20_000  # windows of all coins, on which the frequency of a draft is estimated; 4 MB


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Candidate:
    """A shape that may enter the library."""

    id: str  # coin and day it was found, and its number: BTC-2024-08-15-1
    found_in: str
    unit: Shapes  # (m,) centred, of length one


class Candidates:
    """Collects a day's new shapes coin by coin, and a sample of the windows they come from."""

    def __init__(self, existing: Shapes, day: date, first_ms: int, num_coins: int, settings: TradingSettings) -> None:
        """Starts without any.

        Args:
            existing: (P, m) shapes in the library; what matches one of them, or a candidate of an earlier coin, is not new.
            day: of the library, for the names.
            first_ms: windows that end later are new.
            num_coins: of the universe.
            settings: correlation of what counts as the same shape; shapes per coin.
        """
        self._shapes = [*existing]
        self._day = day
        self._first_ms = first_ms
        self._num_coins = max(num_coins, 1)
        self._settings = settings
        self._candidates: list[Candidate] = []
        self._sample: list[Shapes] = []

    def add(self, windows: CoinWindows) -> None:
        """Searches the new windows of a coin."""
        limit = min(MAX_QUERIES, max(_MIN_QUERIES, _UNIVERSE_QUERIES // self._num_coins))
        query = spread_out(np.flatnonzero(windows.end_ms > self._first_ms), limit)
        before = len(self._candidates)
        known = np.stack(self._shapes) if self._shapes else np.empty((0, windows.length), np.float32)
        motifs = find_motifs(
            windows,
            matrix_profile(windows, query),
            known=known,
            min_correlation=self._settings.pattern_min_correlation,
            limit=self._settings.pattern_motifs_per_coin,
        )
        for number, unit in enumerate(motifs, start=1):
            name = f"{windows.coin}-{self._day.isoformat()}-{number}"
            self._candidates.append(Candidate(id=name, found_in=windows.coin, unit=unit))
        self._shapes += [one.unit for one in self._candidates[before:]]
        stride = max(1, len(windows) * self._num_coins // _SAMPLE)
        self._sample.append(windows.unit[::stride].copy())  # a view would keep all of them

    def best(self, limit: int) -> list[Candidate]:
        """At most `limit` of them, the most frequent first."""
        if not self._candidates or limit < 1:
            return []
        order = np.argsort(-self._frequency(), kind="stable")[:limit]
        return [self._candidates[k] for k in order]

    def _frequency(self) -> npt.NDArray[np.int64]:
        """(K,) windows of the sample that each candidate matches."""
        shapes = np.stack([candidate.unit for candidate in self._candidates])
        threshold = self._settings.pattern_min_correlation
        counts = np.zeros(len(shapes), np.int64)
        for part in self._sample:
            counts += (shapes @ part.T >= threshold).sum(axis=1)
        return counts

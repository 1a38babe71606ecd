"""Finds recurring shapes: the matrix profile of a coin's windows, and its motifs.

The profile (Yeh et al. 2016) holds, for each window, its nearest neighbour that does not overlap it by more than half.
Here it is computed as blocks of a matrix product of unit vectors: exact to float32, and as quick as stumpy's once that
is compiled, but without 35 seconds of compilation in each new process (docs/adr/0052). Tests compare the two.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from coin_models.trading.patterns.windows import CoinWindows

Shapes = npt.NDArray[np.float32]

_BLOCK = 512  # queries per matrix product: with 10,000 windows, 20 MB of correlations


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Profile:
    """For each of Q query windows its nearest other window."""

    query: npt.NDArray[np.int64]  # (Q,) index of the window
    neighbour: npt.NDArray[np.int64]  # (Q,) index of its nearest window
    correlation: npt.NDArray[np.float32]  # (Q,) of the two; -1 where every other window overlaps


def spread_out(query: npt.NDArray[np.int64], limit: int) -> npt.NDArray[np.int64]:
    """At most `limit` of the windows, evenly spaced.

    Neighbouring windows are nearly the same shape: the first stage of SCRIMP++ (Zhu et al. 2018) takes every quarter of a
    window's length, which for 48 candles of 5 minutes over 90 days comes to the same.
    """
    return query[:: max(1, -(-len(query) // limit))]


def matrix_profile(windows: CoinWindows, query: npt.NDArray[np.int64]) -> Profile:
    """Nearest neighbours of some windows among all of them, windows that overlap by more than half left out.

    Args:
        query: (Q,) indices of windows, ascending. All of them: the whole profile. Those of the newest day: what a new
            day adds, at a small part of the work.
    """
    neighbour = np.zeros(len(query), np.int64)
    correlation = np.full(len(query), -1.0, np.float32)
    exclusion_ms = windows.length // 2 * windows.step_ms
    for start in range(0, len(query), _BLOCK):
        part = query[start : start + _BLOCK]
        products = windows.unit[part] @ windows.unit.T
        lows = np.searchsorted(windows.end_ms, windows.end_ms[part] - exclusion_ms)
        highs = np.searchsorted(windows.end_ms, windows.end_ms[part] + exclusion_ms, side="right")
        for row, (low, high) in enumerate(zip(lows, highs, strict=True)):
            products[row, low:high] = -1.0
        best = products.argmax(axis=1)
        neighbour[start : start + len(part)] = best
        correlation[start : start + len(part)] = products[np.arange(len(part)), best]
    return Profile(query=query, neighbour=neighbour, correlation=correlation)


def find_motifs(
    windows: CoinWindows, profile: Profile, *, known: Shapes, min_correlation: float, limit: int
) -> Iterator[npt.NDArray[np.float32]]:
    """Yields new shapes, closest pair first: each the mean of a pair of windows, centred and of length one.

    Args:
        known: (P, m) shapes in the library; what matches one of them, or an earlier find, is not new.
        limit: finds after which to stop.
    """
    pairs = np.argsort(-profile.correlation, kind="stable")
    pairs = pairs[profile.correlation[pairs] >= min_correlation]
    # Both members, for the mean of two known shapes may still be new and the mean of a new pair is not yet at hand.
    shapes = windows.unit[profile.query[pairs]] + windows.unit[profile.neighbour[pairs]]
    shapes /= np.linalg.norm(shapes, axis=1, keepdims=True)
    new = np.ones(len(pairs), dtype=bool)
    if len(known):
        new &= (shapes @ known.T).max(axis=1) < min_correlation
    for _ in range(limit):
        if not new.any():
            return
        shape = shapes[int(new.argmax())]
        yield shape
        new &= shapes @ shape < min_correlation


def find_matches(windows: CoinWindows, shapes: Shapes, min_correlation: float) -> list[npt.NDArray[np.int64]]:
    """Windows at which each of P shapes is recognised: the first of each run of matching windows, ascending indices.

    The first and not the best, because the best is known only afterwards. A run ends when no window has matched for
    half a window's length.
    """
    matching = shapes @ windows.unit.T >= min_correlation  # (P, W)
    return [first_of_runs(np.flatnonzero(row), windows) for row in matching]


def first_of_runs(matching: npt.NDArray[np.int64], windows: CoinWindows) -> npt.NDArray[np.int64]:
    """Of ascending window indices, those that come more than half a window after the one before."""
    if len(matching) == 0:
        return matching
    pause_ms = np.diff(windows.end_ms[matching])
    starts = np.concatenate(([True], pause_ms > windows.length // 2 * windows.step_ms))
    return matching[starts]

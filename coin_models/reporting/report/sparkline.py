"""Sparklines: a curve as a line of blocks, for terminals and for Dagster's metadata."""

from collections.abc import Sequence
from itertools import pairwise

_BLOCKS = "▁▂▃▄▅▆▇█"


def sparkline(values: Sequence[float], width: int | None = None) -> str:
    """The values, at least one, as blocks between their smallest and their largest.

    Args:
        values: the curve.
        width: number of blocks, each the mean of its share of the values; None: one block a value.
    """
    means = _means(values, min(width, len(values))) if width else list(values)
    low, high = min(means), max(means)
    steps = len(_BLOCKS) - 1
    return "".join(_BLOCKS[round((value - low) / (high - low) * steps) if high > low else 0] for value in means)


def _means(values: Sequence[float], width: int) -> list[float]:
    edges = [round(len(values) * k / width) for k in range(width + 1)]
    return [sum(values[begin:end]) / (end - begin) for begin, end in pairwise(edges)]

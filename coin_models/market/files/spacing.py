"""How far apart the candles of a file are: candles of another length are refused, alone or beside those of the timeframe."""

from pathlib import Path
from typing import Final

import numpy as np

from coin_models.market.candles import TimesMs
from coin_models.market.files.listing import hint
from coin_models.market.files.outcomes import rejected, utc
from coin_models.market.timeframe import Timeframe

MIN_RUN: Final = 24
"""This many equal steps in a row, each longer than the timeframe, are candles of that length: trades do not pause so evenly."""


def refuse_other_length(path: Path, times_ms: TimesMs, timeframe: Timeframe) -> None:
    """Refuses candles that are another timeframe's.

    Args:
        path: of the file. times_ms: (N,) ascending. timeframe: what they must be.

    Raises:
        CandlesRejected: they are closer together or further apart than the timeframe, all of them or a part.
    """
    if len(times_ms) < 3:
        return
    steps = np.diff(times_ms)
    widest, usual = int(np.gcd.reduce(steps)), int(np.median(steps))
    is_fine = usual < timeframe.ms and timeframe.ms % max(usual, 1) == 0
    if is_fine or (widest > timeframe.ms and widest % timeframe.ms == 0):
        step_ms = usual if is_fine else widest
        raise rejected(
            path,
            f"its candles are {step_ms / 60_000:g} minutes apart, the timeframe is {timeframe.name}{hint(step_ms // 1000)}",
        )
    _refuse_part_of_other_length(path, times_ms, timeframe)


def _refuse_part_of_other_length(path: Path, times_ms: TimesMs, timeframe: Timeframe) -> None:
    steps = np.diff(times_ms)
    starts = np.flatnonzero(np.append(True, steps[1:] != steps[:-1]))
    lengths = np.diff(np.append(starts, len(steps)))
    runs = np.flatnonzero((lengths >= MIN_RUN) & (steps[starts] > timeframe.ms))
    if len(runs):
        first, length = int(starts[runs[0]]), int(lengths[runs[0]])
        raise rejected(
            path,
            f"{length} candles from {utc(int(times_ms[first]))} on are {steps[first] / 60_000:g} minutes apart, and others "
            f"{timeframe.name}: it mixes two timeframes",
        )

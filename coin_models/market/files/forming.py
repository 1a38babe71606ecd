"""Which of two rows of one time is a candle that was still forming: arithmetic of candles, for one file and for several."""

import numpy as np
import numpy.typing as npt

from coin_models.market.candles import HIGH, LOW, OPEN, VOLUME, Values

Mask = npt.NDArray[np.bool_]


def contains(outer: Values, inner: Values) -> Mask:
    """Whether each candle of `outer` is the one of `inner` some time later: (N,), of two times (N, 5).

    Whatever moves a price is a trade: with the same volume, two candles contradict each other.
    """
    return np.asarray(
        (outer[:, OPEN] == inner[:, OPEN])
        & (outer[:, HIGH] >= inner[:, HIGH])
        & (outer[:, LOW] <= inner[:, LOW])
        & (outer[:, VOLUME] > inner[:, VOLUME])
    )


def is_newest_first(times_ms: Values) -> bool:
    """Whether most steps from row to row, (N,) as they stand, go back in time; of as many, whether the ends do.

    The ends alone tell little: a file may be two downloads, one behind the other.
    """
    steps = np.diff(times_ms)
    num_back, num_on = int((steps < 0).sum()), int((steps > 0).sum())
    return num_back > num_on or (num_back == num_on and len(times_ms) > 1 and bool(times_ms[0] > times_ms[-1]))


def superseded(times_ms: Values, values: Values, no_volume: Mask) -> Mask:
    """Rows that a later row of their time without a volume came to replace: with other prices they are not the candle.

    Args:
        times_ms: (N,) as they stand, NaN where a row has none. values: (N, 5). no_volume: (N,) rows that lack it alone.
    """
    is_superseded: Mask = np.zeros(len(times_ms), dtype=bool)
    marked = np.flatnonzero(no_volume)
    newest_first = is_newest_first(times_ms)
    for row in marked[np.isin(times_ms[marked], times_ms[~no_volume])]:
        earlier = slice(row + 1, None) if newest_first else slice(0, row)
        differs = (values[earlier, :VOLUME] != values[row, :VOLUME]).any(axis=1)
        is_superseded[earlier] |= (times_ms[earlier] == times_ms[row]) & differs & ~no_volume[earlier]
    return is_superseded

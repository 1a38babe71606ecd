"""Joins the files of one coin: monthly and daily dumps, two downloads that overlap."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from coin_models.errors import CandlesRejected
from coin_models.market.candles import CLOSE, Candles, TimesMs, Values, empty_candles
from coin_models.market.files.forming import Mask, contains
from coin_models.market.files.layouts import CandleFile, shown
from coin_models.market.files.outcomes import rejected, utc
from coin_models.market.files.reading import FileReading
from coin_models.market.timeframe import Timeframe


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Joined:
    """The candles of several files: each candle of each file is one of them, or counted."""

    candles: Candles
    num_repeated: int = 0  # candles that an earlier file holds, too
    num_replaced: int = 0  # candles that were still forming, which another file holds whole

    @property
    def num_left_out(self) -> int:
        """Candles of the files that are not counted twice."""
        return self.num_repeated + self.num_replaced


def refuse_mixture(coin: str, files: Sequence[CandleFile]) -> None:
    """Refuses files of one coin that are of different markets.

    Raises:
        CandlesRejected: spot beside futures.
    """
    by_market = {file.market: file.path for file in files}
    if len(by_market) > 1:
        named = " and ".join(f"{shown(path)} ({market})" for market, path in sorted(by_market.items()))
        raise CandlesRejected(
            f"{files[0].path.parent} holds candles of {coin} of two markets, {named}; keep those of one market"
        )


def join(coin: str, readings: Sequence[FileReading], timeframe: Timeframe) -> Joined:
    """The candles of all files of a coin, of which some may be empty.

    Raises:
        CandlesRejected: two files give a candle different values, and neither contains the other; or all are empty.
    """
    _refuse_empty(readings)
    if len(readings) < 2:
        return Joined(candles=readings[0].candles if readings else empty_candles(timeframe))
    times = np.concatenate([reading.candles.open_time_ms for reading in readings])
    values = np.concatenate([reading.candles.ohlcv for reading in readings])
    owners = np.repeat(np.arange(len(readings)), [len(reading.candles) for reading in readings])
    # By time, and of one time by volume: of a forming candle and the whole one, the whole one comes last.
    order = np.lexsort((owners, values[:, 4], times))
    earlier, later = order[:-1], order[1:]
    again = times[earlier] == times[later]
    equal = again & (values[earlier] == values[later]).all(axis=1)
    replaced = again & ~equal & contains(values[later], values[earlier])
    _refuse_differing(coin, readings, (times, values, owners), (earlier, later), again & ~equal & ~replaced)
    kept = order[~np.append(again, False)]
    candles = Candles(timeframe=timeframe, open_time_ms=times[kept], ohlcv=values[kept])
    return Joined(candles=candles, num_repeated=int(equal.sum()), num_replaced=int(replaced.sum()))


def _refuse_empty(readings: Sequence[FileReading]) -> None:
    """A file without a candle says nothing beside others; alone it is a history that is missing."""
    if not readings or any(len(reading.candles) for reading in readings):
        return
    others = f" (nor one of the coin's {len(readings) - 1} other files)" if len(readings) > 1 else ""
    raise rejected(readings[0].path, f"{readings[0].rows.why_empty}{others}")


def _refuse_differing(
    coin: str,
    readings: Sequence[FileReading],
    rows: tuple[TimesMs, Values, TimesMs],
    pairs: tuple[TimesMs, TimesMs],
    differing: Mask,
) -> None:
    if not differing.any():
        return
    times, values, owners = rows
    k = int(differing.argmax())
    a, b = sorted((int(pairs[0][k]), int(pairs[1][k])), key=lambda row: int(owners[row]))
    first, second = (shown(readings[owners[row]].path) for row in (a, b))
    raise CandlesRejected(
        f"{readings[0].path.parent}: {first} and {second} differ about {int(differing.sum())} candles of {coin}, such as "
        f"{utc(times[a])}, which closes at {values[a, CLOSE]} and at {values[b, CLOSE]}; keep one of them"
    )

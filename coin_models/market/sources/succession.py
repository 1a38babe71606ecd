"""Joins the candles of a renamed coin with those of the coin that it was before.

The new coin's candles count from its first one on; before it the old coin's do, prices divided by the ratio and volumes
multiplied. Between the two lie some days without a market: a hole, as it was.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Final

import numpy as np

from coin_models.errors import CandlesRejected, CoinDelisted, CoinUnknown, SourceBlocked, SourceRefused
from coin_models.market.candles import CLOSE, OPEN, VOLUME, Candles
from coin_models.market.source import Answer
from coin_models.market.timeframe import day_start_ms
from coin_models.settings.successors import Successor

_LATEST_DAYS: Final = 30
"""Days after the table's by which an exchange has begun to trade the new coin: the table's is Binance's."""
_MAX_JUMP: Final = 3.0
"""Factor between the old coin's last price and the new one's first, beyond which the ratio must be wrong."""

Ask = Callable[[str, date, date], Answer]


def may_join(successor: Successor, first: date) -> bool:
    """Whether days from `first` on can hold some of the old coin's."""
    return first <= successor.day + timedelta(days=_LATEST_DAYS)


def with_predecessor(ask_new: Ask, ask_old: Ask, successor: Successor, span: tuple[date, date], name: str) -> Answer:
    """The new coin's answer, with the old coin's candles before its first one.

    Args:
        ask_new, ask_old: how each is requested. successor: the two coins.
        span: the first and the last UTC day. name: of the source.

    Raises:
        CandlesRejected: the two prices do not join at the ratio. Else as `ask_new` raises.
    """
    first, last = span
    # One day more tells a listing from a hole at the beginning of the days.
    new = ask_new(successor.new, first - timedelta(days=1), last)
    start_ms = day_start_ms(first)
    if len(new.candles) and new.candles.open_time_ms[0] < start_ms:
        return replace(new, candles=new.candles.slice_days(first, last))
    try:
        old = ask_old(successor.old, first, last)
    except SourceBlocked:
        raise
    except (CoinDelisted, CoinUnknown, SourceRefused):  # it does not serve the old coin any more
        return new
    candles = _joined(old.candles, new.candles, successor)
    days = {day: _origin(old.origins.get(day, name), successor) for day in old.candles.days}
    return replace(
        new,
        candles=candles,
        shown_until_ms=max(new.shown_until_ms, old.shown_until_ms),
        origins={**days, **new.origins},
        remarks=(*old.remarks, *new.remarks),
    )


def _origin(of_old: str, successor: Successor) -> str:
    ratio = "" if successor.ratio == 1 else f" at {successor.ratio:g} for one"
    return f"{of_old}, as {successor.old} before it became {successor.new}{ratio}"


def _joined(old: Candles, new: Candles, successor: Successor) -> Candles:
    before = old.open_time_ms < (new.open_time_ms[0] if len(new) else np.iinfo(np.int64).max)
    values = np.array(old.ohlcv[before])
    values[:, :VOLUME] /= successor.ratio
    values[:, VOLUME] *= successor.ratio
    if len(new) and len(values):
        _refuse_jump(float(values[-1, CLOSE]), float(new.ohlcv[0, OPEN]), successor)
    return Candles(
        timeframe=new.timeframe,
        open_time_ms=np.concatenate([old.open_time_ms[before], new.open_time_ms]),
        ohlcv=np.concatenate([values, new.ohlcv]),
    )


def _refuse_jump(ended_at: float, began_at: float, successor: Successor) -> None:
    if not 1 / _MAX_JUMP < began_at / ended_at < _MAX_JUMP:
        raise CandlesRejected(
            f"{successor.new} began at {began_at:g} where {successor.old}, at {successor.ratio:g} {successor.new} for one, "
            f"had ended at {ended_at:g}: correct market.successors, or drop the pair with {successor.old}:-"
        )

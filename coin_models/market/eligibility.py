"""Decides whether a coin is trained on a day: stated rules over stored facts, as codes, for many days at once.

A skip is computed each time from facts and thresholds, and never stored: a threshold that was lowered or a file that
was updated changes it at once. Imports neither pandas nor pyarrow nor ccxt.

The rules, in the order in which they are checked; the first that holds is the reason that is shown:

| rule | a coin is not trained on day D when |
|---|---|
| not stored | D, or a day of the window before it, was never requested: the candles are fetched first |
| not delivered | the source has not shown the end of D yet: it is requested again |
| not listed | it has no candle in the lookback that ends with D, nor before it as far as is known |
| ended | it has no candle on the last `ENDED_AFTER_DAYS` days and none later, or the source says that it is no longer traded |
| thin day | fewer than `min_day_coverage` of D's candles are there (the listing day, an outage) |
| short history | fewer than `min_history_days` days of the lookback have `min_day_coverage` of their candles |
| illiquid | more than `max_zero_volume_share` of the lookback's candles since listing have no volume or are missing |
| thin turnover | more than half of the lookback's days since listing turned over less than `min_daily_turnover` (US dollars) |
| stablecoin | more than half of the lookback's days with candles moved by less than `min_daily_volatility` |

The last day of a coin that is no longer traded counts as ended too: a model of it would have no day to forecast.
A coin listed within the lookback is trained on what there is of it, once that is `min_history_days`. "More than half of
the days are below" says that the median is below it (of an even number of days: the upper of the two middle ones).
"""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import IntEnum
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from coin_models.market.history import ENDED, OPEN, History, Ordinals
from coin_models.market.timeframe import DAY_MS
from coin_models.settings.market import MarketSettings

ENDED_AFTER_DAYS: Final = 3
"""Days without a candle, and none after them, from which on a coin counts as ended."""

YOUNG_DAYS: Final = 4
"""Good days from which on a coin with a short history is forecast by the other coins' references (docs/adr/0134)."""

ENDED_PREFIX: Final = "ended: "
"""How the sentence of a coin that is no longer traded begins."""

Codes = npt.NDArray[np.uint8]
_Ints = npt.NDArray[np.signedinteger[Any]]
_Flags = npt.NDArray[np.bool_]


class Rule(IntEnum):
    """Why a coin is not trained on a day; `ELIGIBLE` where it is."""

    ELIGIBLE = 0
    NOT_STORED = 1
    NOT_DELIVERED = 2
    NOT_LISTED = 3
    ENDED = 4
    THIN_DAY = 5
    SHORT_HISTORY = 6
    ILLIQUID = 7
    THIN_TURNOVER = 8
    STABLECOIN = 9

    @property
    def is_skip(self) -> bool:
        """Whether it rules the coin out by what is known; the first two only say that more must be asked."""
        return self >= Rule.NOT_LISTED


@dataclass(frozen=True, slots=True, kw_only=True)
class Eligibility:
    """Whether a coin is trained on a day, and if not, by which rule and why."""

    rule: Rule
    reason: str | None = None

    def __post_init__(self) -> None:
        if self.eligible == (self.reason is not None):
            raise ValueError(f"a reason is given exactly when a coin is not eligible; found {self.reason!r}")

    @property
    def eligible(self) -> bool:
        """Whether it is trained."""
        return self.rule is Rule.ELIGIBLE


def assess(
    history: History, ordinals: Ordinals, market: MarketSettings, lookback_days: int, *, window_days: int | None = None
) -> Codes:
    """(N,) the `Rule` of each of these days.

    Args:
        history: the coin's facts.
        ordinals: (N,) days, as `date.toordinal`.
        market: the thresholds.
        lookback_days: days of candles that a model is fitted on.
        window_days: days that must have been asked for, what features need before the lookback included; unset: the
            lookback.
    """
    at = np.asarray(ordinals, np.int64) - history.first_day.toordinal()
    inside = (at >= 0) & (at < len(history))
    codes = np.full(len(at), Rule.NOT_STORED, np.uint8)
    if inside.any():
        last = int(at[inside].max()) + 1
        codes[inside] = _assess_all(history.until(last), market, lookback_days, window_days or lookback_days)[
            at[inside]
        ]
    return codes


def _assess_all(history: History, market: MarketSettings, lookback_days: int, window_days: int) -> Codes:
    """(T,) the rule of every day of the history."""
    codes = np.full(len(history), Rule.ELIGIBLE, np.uint8)
    for rule, holds in reversed(_rules(_windows(history, market, lookback_days, window_days), market)):
        codes[holds] = rule
    return codes


def explain(
    history: History, day: date, market: MarketSettings, lookback_days: int, *, window_days: int | None = None
) -> Eligibility:
    """The rule of one day, with its sentence; arguments as for `assess`."""
    ordinals = np.array([day.toordinal()])
    rule = Rule(int(assess(history, ordinals, market, lookback_days, window_days=window_days)[0]))
    return Eligibility(rule=rule, reason=reason_of(rule, history, day, market, lookback_days))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Windows:
    """Counts over the lookback that ends with each day of a history; all (T,)."""

    is_asked: _Flags  # the day itself
    is_stored: _Flags
    says_ended: _Flags
    is_silent: _Flags  # no candle on the last days
    is_window_asked: _Flags
    is_window_stored: _Flags
    was_listed: _Flags  # a candle on any day up to this one
    num_candles: _Ints  # of the day
    num_listed_days: _Ints  # days with candles
    num_good_days: _Ints
    num_days: _Ints  # from the first day with candles to the day
    num_traded: _Ints
    num_possible: _Ints  # candles from the first one on
    num_thin_days: _Ints  # of num_days: below the turnover
    num_calm_days: _Ints  # of num_listed_days: below the volatility
    num_expected: int  # candles of a whole day


def _rules(f: _Windows, market: MarketSettings) -> list[tuple[Rule, _Flags]]:
    share = 1 - f.num_traded / np.maximum(f.num_possible, 1)
    is_open = f.is_asked & ~f.is_stored
    return [
        (Rule.NOT_STORED, ~f.is_asked),
        (Rule.ENDED, f.says_ended),
        (Rule.NOT_STORED, is_open & ~f.was_listed & ~f.is_window_asked),
        (Rule.NOT_LISTED, is_open & ~f.was_listed),
        (Rule.ENDED, is_open & f.is_silent),
        (Rule.NOT_DELIVERED, is_open),
        (Rule.NOT_STORED, ~f.is_window_stored),
        (Rule.NOT_LISTED, f.num_listed_days == 0),
        (Rule.THIN_DAY, f.num_candles < market.min_day_coverage * f.num_expected),
        (Rule.SHORT_HISTORY, f.num_good_days < market.min_history_days),
        (Rule.ILLIQUID, share > market.max_zero_volume_share),
        (Rule.THIN_TURNOVER, 2 * f.num_thin_days > f.num_days),
        (Rule.STABLECOIN, 2 * f.num_calm_days > f.num_listed_days),
    ]


def _windows(history: History, market: MarketSettings, lookback_days: int, window_days: int) -> _Windows:
    size, expected = len(history), history.timeframe.candles_per_day
    num_candles, flags = history.num_candles, history.flags
    stored, has_candles = num_candles >= 0, num_candles > 0
    asked = stored | ((flags & (OPEN | ENDED)) != 0)
    thin = _totals(history.turnover < market.min_turnover_in_quote)
    calm = has_candles & (history.volatility < market.min_daily_volatility)
    listed = _totals(has_candles)
    index = np.arange(size)
    # The first day with candles in the lookback; the day after the last one where there is none.
    first = np.minimum(_next_with_candles(has_candles)[np.maximum(index + 1 - lookback_days, 0)], index + 1)
    since_first_ms = (index + 1 - first) * DAY_MS - history.rows["first_open_ms"][np.minimum(first, size - 1)]
    return _Windows(
        is_asked=asked,
        is_stored=stored,
        says_ended=(flags & ENDED) != 0,
        is_silent=_recent(listed, ENDED_AFTER_DAYS) == 0,
        is_window_asked=_recent(_totals(asked), window_days) == window_days,
        is_window_stored=_recent(_totals(stored), window_days) == window_days,
        was_listed=listed[1:] > 0,
        num_candles=num_candles,
        num_listed_days=_recent(listed, lookback_days),
        num_good_days=_recent(_totals(num_candles >= market.min_day_coverage * expected), lookback_days),
        num_days=index + 1 - first,
        num_traded=_recent(_totals(history.rows["num_traded"]), lookback_days),
        num_possible=since_first_ms // history.timeframe.ms,
        num_thin_days=thin[1:] - thin[first],
        num_calm_days=_recent(_totals(calm), lookback_days),
        num_expected=expected,
    )


def _totals(column: npt.NDArray[Any]) -> _Ints:
    """(T + 1,) running totals: a window's sum is the difference of two."""
    totals = np.zeros(len(column) + 1, np.int32)
    np.cumsum(column, dtype=np.int32, out=totals[1:])
    return totals


def _recent(totals: _Ints, num_days: int) -> _Ints:
    """(T,) the sum over the `num_days` days that end with each day; days before the first one add nothing."""
    sums = totals[1:].copy()
    sums[num_days:] -= totals[1 : max(1, len(totals) - num_days)]
    return sums


def _next_with_candles(has_candles: _Flags) -> _Ints:
    """(T + 1,) for each position the next one that has candles; T where there is none."""
    size = len(has_candles)
    next_index = np.full(size + 1, size, np.int64)
    next_index[:size][has_candles] = np.flatnonzero(has_candles)
    return np.minimum.accumulate(next_index[::-1])[::-1]


def reason_of(rule: Rule, history: History, day: date, market: MarketSettings, lookback_days: int) -> str | None:
    """The sentence of a rule that `assess` found for the day; None where the coin is eligible."""
    index = day.toordinal() - history.first_day.toordinal()
    part = history.rows[max(0, index + 1 - lookback_days) : max(0, index + 1)]
    listed = np.flatnonzero(part["num_candles"] > 0)
    since = part[listed[0] :] if len(listed) else part[:0]
    expected = history.timeframe.candles_per_day
    good_days = int((part["num_candles"] >= market.min_day_coverage * expected).sum())
    sentences = {
        Rule.NOT_STORED: lambda: f"candles of the days up to {day} are not stored yet",
        Rule.NOT_DELIVERED: lambda: f"the source has not shown the end of {day} yet; it is requested again",
        Rule.NOT_LISTED: lambda: f"not listed: no candle in the {lookback_days} days that end with {day}",
        Rule.ENDED: lambda: _ended(history, index),
        Rule.THIN_DAY: lambda: (
            f"thin day: {int(part['num_candles'][-1])} of {expected} candles on {day}, "
            f"{market.min_day_coverage:.0%} are needed"
        ),
        Rule.SHORT_HISTORY: lambda: (
            f"short history: {good_days} days with enough candles, {market.min_history_days} are needed"
            + ("; until then the pool forecasts it" if good_days >= YOUNG_DAYS else "")
        ),
        Rule.ILLIQUID: lambda: (
            f"illiquid: no trade in {_idle_share(history, since, day):.0%} of the candles, "
            f"at most {market.max_zero_volume_share:.0%} are allowed"
        ),
        Rule.THIN_TURNOVER: lambda: (
            f"illiquid: median daily turnover {_median(since['turnover']) * (market.quote_usd or 1):,.0f}, "
            f"below {market.min_daily_turnover:,.0f} {'USD' if market.quote_usd else 'of the quote asset'}"
        ),
        Rule.STABLECOIN: lambda: (
            f"stablecoin: median daily volatility {_median(part['volatility'][listed]):.3%}, "
            f"below {market.min_daily_volatility:.3%}"
        ),
    }
    return sentences[rule]() if rule in sentences else None


def _ended(history: History, index: int) -> str:
    says_so = bool(history.flags[index] & ENDED)
    why = "the source no longer trades it" if says_so else "the source shows none since"
    listed = np.flatnonzero(history.num_candles[: index + 1] > 0)
    if not len(listed):
        return f"{ENDED_PREFIX}{why}"
    return f"{ENDED_PREFIX}the last candles are of {history.first_day + timedelta(days=int(listed[-1]))}, and {why}"


def _idle_share(history: History, since: npt.NDArray[np.void], day: date) -> float:
    first_ms = (
        int(since["first_open_ms"][0]) + (day.toordinal() - len(since) + 1 - date(1970, 1, 1).toordinal()) * DAY_MS
    )
    end_ms = (day.toordinal() + 1 - date(1970, 1, 1).toordinal()) * DAY_MS
    return 1 - int(since["num_traded"].sum()) / ((end_ms - first_ms) // history.timeframe.ms)


def _median(values: npt.NDArray[np.float64]) -> float:
    """The upper of the two middle values of an even number."""
    return float(np.sort(values)[len(values) // 2])

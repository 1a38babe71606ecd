"""Requests to a source, their results, and what an answer says about a day. Values and pure functions.

| what is known of a day | is it requested |
|---|---|
| nothing | yes |
| every candle | no |
| fewer candles, and the source has shown later ones | again, `ASK_AGAIN_SECONDS` apart, until `ANSWERS_NEEDED` answers agree |
| the source has not shown its end | yes |
| the coin is delisted, also on its last day | `ASK_AGAIN_SECONDS` apart: a trading halt ends |
| another exchange stood in for the first | `ASK_AGAIN_SECONDS` apart |
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from typing import Any, Final

from coin_models.errors import CoinModelsError, Place, SourceRefused
from coin_models.market.history import ENDED, SUBSTITUTE, History, Rows, row_of, unknown_days

ANSWERS_NEEDED: Final = 3
"""Answers that must agree before an incomplete day counts as what there is."""
ASK_AGAIN_SECONDS: Final = 3600
"""Between two questions about the same incomplete day."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CoinCandles:
    """What is known of a coin once the source was asked."""

    coin: str
    history: History
    changed: tuple[date, ...] = ()
    """Days that were stored before and have other candles now."""
    added: tuple[date, ...] = ()
    """Days that were not stored before."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CandleProblem:
    """Why a coin's candles could not be topped up; days that were stored before stay usable."""

    coin: str
    error: CoinModelsError
    history: History

    @property
    def place(self) -> Place | None:
        """What failed, where it is not this coin's candles; a plain SourceRefused is about the source as a whole.

        Examples: an unavailable folder, and a timeframe that the exchange does not have.
        """
        return self.error.place or ("source" if type(self.error) is SourceRefused else None)

    def __str__(self) -> str:
        return str(self.error)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What to request: the days `first` to `last`; with `refresh` also those that are known well enough."""

    first: date
    last: date
    refresh: bool = False


class Changes:
    """Days that were found to be new or to differ."""

    def __init__(self) -> None:
        self.changed: list[date] = []
        self.added: list[date] = []

    def note(self, day: date, before: Any) -> None:
        """Notes a day whose candles are stored now; `before` is its row until then."""
        (self.changed if before["num_candles"] >= 0 else self.added).append(day)


def is_due(history: History, day: date, now_seconds: int) -> bool:
    """Whether the day is requested from the source, by the table above."""
    row = row_of(history, day)
    waited = now_seconds - int(row["asked_at"]) >= ASK_AGAIN_SECONDS
    if row["flags"] & (ENDED | SUBSTITUTE):
        return waited
    if row["num_candles"] < 0:
        return True
    is_complete = row["num_candles"] == history.timeframe.candles_per_day
    return not is_complete and row["num_answers"] < ANSWERS_NEEDED and waited


def asked_after(row: Any, now_seconds: int) -> int:
    """When the answer that replaces `row` was requested: later than `row` also where another machine's clock is ahead."""
    return max(now_seconds, int(row["asked_at"]) + 1)


def open_row(row: Any, now_seconds: int, flag: int) -> Rows:
    """The row of a day that the source did not show, after what was known before."""
    opened = unknown_days(1)
    opened["flags"], opened["asked_at"] = flag, asked_after(row, now_seconds)
    opened["num_answers"] = min(255, int(row["num_answers"]) + 1)
    return opened


def is_same(a: Any, b: Any) -> bool:
    """Whether two rows are of the same candles."""
    return bool(a["num_candles"] == b["num_candles"] and (a["digest"] == b["digest"]).all())


def runs(days: Iterable[date]) -> Iterator[tuple[date, date]]:
    """First and last of each run of consecutive days."""
    for _, group in groupby(enumerate(days), key=lambda item: item[1] - timedelta(days=item[0])):
        run = [day for _, day in group]
        yield run[0], run[-1]

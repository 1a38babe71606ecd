"""The result of reading a file's rows, as values; and the words of a refusal."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from coin_models.errors import CandlesRejected
from coin_models.market.candles import Candles
from coin_models.market.timeframe import datetime_of_ms


class Reason(StrEnum):
    """Why a row is no candle."""

    NO_PRICES = "no prices"
    NO_VOLUME = "no volume"
    ALL_ZERO = "all zero"
    REPEATED = "repeated with equal values"
    REPLACED = "replaced by a row of the same time that contains it"
    FORMING = "still forming when the file was written"
    CUT = "the last line has no line end and may be cut"
    EMPTY = "empty"
    HEADER = "the header again"


ORDINARY: Final = frozenset({Reason.REPEATED, Reason.REPLACED, Reason.FORMING, Reason.EMPTY, Reason.HEADER})
"""Reasons that take no candle away that the file could have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """Rows of one kind that are no candles."""

    reason: Reason
    num_rows: int
    first: str  # where the first of them is: `line 17`

    def __str__(self) -> str:
        where = self.first if self.num_rows == 1 else f"{self.num_rows} rows, first {self.first}"
        return f"{where}: {self.reason}"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RowsRead:
    """The result of reading a file's rows: every one is a candle or counted."""

    candles: Candles
    num_rows: int
    left_out: tuple[LeftOut, ...]
    note: str = ""  # what was supposed about its times

    def __post_init__(self) -> None:
        if self.num_rows != len(self.candles) + sum(part.num_rows for part in self.left_out):
            raise ValueError(f"{self.num_rows} rows are not {len(self.candles)} candles and {self.left_out}")

    @property
    def why_empty(self) -> str:
        """Why none of the rows is a candle; empty where one is."""
        if len(self.candles):
            return ""
        reasons = "; ".join(map(str, self.left_out)) or "names of columns and nothing below"
        return f"none of its {self.num_rows} rows is a candle ({reasons})"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileTimes:
    """When a file was written and what time it is, UTC epoch milliseconds: what tells a candle that was still forming."""

    written_ms: int
    now_ms: int


def rejected(path: Path, reason: str) -> CandlesRejected:
    """The error of a file whose content is not safe to read."""
    return CandlesRejected(f"{path} cannot be read safely: {reason}. Correct or remove the file")


def utc(time_ms: int) -> str:
    """A time for a sentence."""
    try:
        return f"{datetime_of_ms(int(time_ms)):%Y-%m-%d %H:%M} UTC"
    except (ValueError, OverflowError):
        return f"epoch {int(time_ms)} ms"

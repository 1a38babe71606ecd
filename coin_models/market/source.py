"""The protocols of candle sources."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import Protocol, runtime_checkable

from coin_models.market.candle_files import FileFacts, FileStamp
from coin_models.market.candles import Candles


class CandleSource(Protocol):
    """Somewhere that candles come from."""

    @property
    def name(self) -> str:
        """Short name for people and logs, such as `exchange binance`."""
        ...

    def coins(self) -> tuple[str, ...]:
        """The coins that it can list, in a fixed order."""
        ...

    def fetch(self, coin: str, first: date, last: date) -> Candles:
        """The coin's closed candles on the UTC days `first` to `last`; empty where there was no market.

        Raises:
            SourceUnavailable: it may work later.
            SourceRefused: it will not work, however often it is asked.
            CoinUnknown, CoinDelisted: it has no such coin, or trades it no more.
            CandlesRejected: it delivered candles that cannot be read safely.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class CoinEnd:
    """No candle of a coin will come any more, by the words of its source."""

    reason: str  # such as `binance no longer trades MATIC/USDT`
    last_day: date | None = None  # the last day with candles; None: it lies before the days that were asked for


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Answer:
    """What a source said about some days of a coin: its candles, and what else is to be known of the days."""

    candles: Candles
    shown_until_ms: int  # UTC epoch milliseconds; of the days before, what is not among the candles does not exist
    end: CoinEnd | None = None
    origins: Mapping[date, str] = field(default_factory=lambda: MappingProxyType({}))
    """Where a day's candles are from, where that is more than the source's name."""
    is_substitute: bool = False  # another source gave them, because the one that is the market was unavailable
    remarks: tuple[str, ...] = ()  # what was left out, and what was joined: a sentence each


KnownCandles = Callable[[], Candles]
"""Candles of the coin that the source gave earlier, to compare another source with; empty where there are none."""


@runtime_checkable
class AnswersInFull(Protocol):
    """A source that says more than candles."""

    def ask(self, coin: str, first: date, last: date, stored_candles: KnownCandles) -> Answer:
        """The coin's closed candles on the UTC days `first` to `last`; raises as `CandleSource.fetch`."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FileContent:
    """A coin's files as they were read: the whole truth of their source about that coin."""

    candles: Candles
    facts: tuple[FileFacts, ...]  # of each file
    remarks: tuple[
        str, ...
    ] = ()  # what a person should know of the files: rows that were left out, dates without a zone


@runtime_checkable
class FileBacked(Protocol):
    """A source that keeps each coin in files: what they do not hold does not exist, and they may be replaced."""

    def stamps(self, coin: str) -> tuple[FileStamp, ...]:
        """Size and time of each of the coin's files, without reading them."""
        ...

    def sha256(self, path: str) -> str:
        """SHA-256 in hex of one of the files."""
        ...

    def read_all(self, coin: str) -> FileContent:
        """All closed candles of the coin's files, and the facts about the files."""
        ...

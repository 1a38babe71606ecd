"""The facts from which the digests of a coin's trades, a day's patterns and its report are made. Values only."""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final, Protocol

from coin_models.pipeline.derived.digests import DerivedKind, digest

VERSION_DAYS: Final = 60
"""Days back from a trading day whose versions may challenge or follow a champion; the champion itself may be older."""
SKILL_DAYS: Final = 14  # of versions that a report shows, as reporting/report/collect.py
WHOLE_DAY: Final = ""  # in place of a coin, where a kind is of the whole day

Dated = Sequence[tuple[date, str]]  # ascending
CoinDay = tuple[str, date]


class CandleDigests(Protocol):
    """Digests of stored candles."""

    def __call__(self, coin: str, day: date, num_days: int) -> str:
        """Of the `num_days` days that end with `day`."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """Digests of the settings and the code that decide each kind, and how many days each looks back."""

    trades: str
    patterns: str
    report: str
    candle_days: int  # of candles that a coin's trading day reads
    pattern_days: int
    report_days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DerivedFacts:
    """All that a look at stale days needs, for a span of days."""

    rules: Rules
    candles: CandleDigests
    trades: Mapping[str, Mapping[date, str]]
    """Stored digests by coin: of the span, of what its patterns and reports look back on, and the newest before that."""
    patterns: Mapping[date, str]  # likewise
    reports: Mapping[date, str]
    versions: Mapping[str, Dated] = field(default_factory=dict)  # by coin, the one that counts of each day
    manual: Mapping[str, Dated] = field(default_factory=dict)  # manual decisions, by coin
    states: Mapping[CoinDay, str] = field(default_factory=dict)  # results of attempts, as a report shows them

    def coins_of(self, day: date) -> list[str]:
        """Coins with a trading step on the day: those that its patterns are looked for in."""
        return sorted(coin for coin, days in self.trades.items() if day in days)

    def trades_digest(self, coin: str, day: date, previous: tuple[date, str] | None) -> str:
        """Of what the coin's trading step of the day is made from.

        Args:
            previous: day and stored digest of the coin's trading step before it.
        """
        since = day - timedelta(days=VERSION_DAYS)
        after = max(previous[0], since) if previous else since
        manual_from = previous[0] if previous else date.min
        return digest(
            DerivedKind.TRADES,
            self.rules.trades,
            f"{coin} {day}",
            previous[1] if previous else "",
            self.candles(coin, day, self.rules.candle_days),
            _within(self.versions.get(coin, ()), after + timedelta(days=1), day),
            _within(self.manual.get(coin, ()), manual_from, day - timedelta(days=1)),
        )

    def patterns_digest(self, day: date, previous: str | None, traded: Mapping[date, str]) -> str:
        """Of what the pattern library of the day is made from.

        Args:
            previous: stored digest of the library before it.
            traded: of each day of the window, `traded_digest`.
        """
        num_days = self.rules.pattern_days
        return digest(
            DerivedKind.PATTERNS,
            self.rules.patterns,
            day.isoformat(),
            previous,
            _window(traded, day, num_days),
            [f"{coin} {self.candles(coin, day, num_days)}" for coin in self.coins_of(day)],
        )

    def report_digest(self, day: date, traded: Mapping[date, str]) -> str:
        """Of what the report of the day shows, without money and time."""
        shown = sorted(coin for coin, of in self.states if of == day)
        coins = sorted({*shown, *self.coins_of(day)})
        since = day - timedelta(days=SKILL_DAYS - 1)
        return digest(
            DerivedKind.REPORT,
            self.rules.report,
            day.isoformat(),
            self.patterns.get(day),
            _window(traded, day, self.rules.report_days),
            [f"{coin} {self.candles(coin, day, 2)}" for coin in coins],
            [f"{coin} {self.states[coin, day]}" for coin in shown],
            [f"{coin} {version}" for coin in coins for version in _within(self.versions.get(coin, ()), since, day)],
            [f"{coin} {manual}" for coin in coins for manual in _within(self.manual.get(coin, ()), day, day)],
        )

    def traded_digests(self) -> dict[date, str]:
        """Of each day, the digest of all coins' trading steps."""
        by_day: dict[date, list[str]] = {}
        for coin in sorted(self.trades):
            for day, stored in self.trades[coin].items():
                by_day.setdefault(day, []).append(f"{coin} {stored}")
        return {day: digest("traded", lines) for day, lines in by_day.items()}


def previous_of(days: Mapping[date, str], day: date) -> tuple[date, str] | None:
    """The newest stored day before this one, with its digest."""
    before = max((stored_day for stored_day in days if stored_day < day), default=None)
    return None if before is None else (before, days[before])


def _within(dated: Dated, first: date, last: date) -> list[str]:
    """The texts of these days, in order."""
    start = bisect_left(dated, first, key=lambda item: item[0])
    end = bisect_right(dated, last, key=lambda item: item[0])
    return [f"{day} {text}" for day, text in dated[start:end]]


def _window(traded: Mapping[date, str], day: date, num_days: int) -> list[str]:
    days = (day - timedelta(days=age) for age in reversed(range(num_days)))
    return [f"{each} {traded[each]}" for each in days if each in traded]

"""Decides which trades, patterns and reports are stale: their inputs have changed. Pure.

A day is stale when it was never made, when its digest differs from the digest of its present inputs, when something
could not be read while it was made, or when the day before it is stale: it will be made again from that day's result.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from coin_models.pipeline.derived.digests import DerivedKind, is_provisional
from coin_models.pipeline.derived.facts import WHOLE_DAY, DerivedFacts


@dataclass(frozen=True, slots=True, kw_only=True)
class StaleDay:
    """Something that is to be made, or made again, and why."""

    kind: DerivedKind
    coin: str  # empty where the kind is of the whole day
    day: date
    reason: str


def find_stale(facts: DerivedFacts, wanted: Mapping[str, Collection[date]]) -> list[StaleDay]:
    """What is stale of these days: trades, then patterns, then reports, each oldest first.

    Patterns and report of a day are stale as soon as the trades of any coin are that they look back on.

    Args:
        facts: of at least the span of these days.
        wanted: days of each coin.
    """
    asked = sorted({day for days in wanted.values() for day in days})
    if not asked:
        return []
    trades = [stale for coin, days in wanted.items() for stale in _stale_trades(facts, coin, days)]
    trades.sort(key=lambda stale: stale.day)  # stable: coins stay in the order in which they were given
    traded = facts.traded_digests()
    not_traded = {stale.day for stale in trades}
    patterns = list(_stale_patterns(facts, asked, traded, not_traded))
    not_searched = {stale.day for stale in patterns}
    return [*trades, *patterns, *_stale_reports(facts, asked, traded, not_traded, not_searched)]


def _stale_trades(facts: DerivedFacts, coin: str, asked: Collection[date]) -> list[StaleDay]:
    stored = facts.trades.get(coin, {})
    wanted, first, last = set(asked), min(asked, default=date.max), max(asked, default=date.min)
    reasons: dict[date, str] = {}
    previous: tuple[date, str] | None = None
    stale_since: date | None = None
    for day in sorted({*stored, *wanted}):
        if first <= day <= last:
            reason = _reason(stored.get(day), facts.trades_digest(coin, day, previous), stale_since)
            if reason is not None:
                reasons[day], stale_since = reason, stale_since or day
        if day in stored:
            previous = (day, stored[day])
    return [
        StaleDay(kind=DerivedKind.TRADES, coin=coin, day=day, reason=reason)
        for day, reason in reasons.items()
        if day in wanted
    ]


def _stale_patterns(
    facts: DerivedFacts, asked: Sequence[date], traded: Mapping[date, str], not_traded: Collection[date]
) -> list[StaleDay]:
    wanted, stale_days = set(asked), []
    previous: str | None = None
    stale_since: date | None = None
    for day in sorted({*facts.patterns, *wanted}):
        stored = facts.patterns.get(day)
        if asked[0] <= day <= asked[-1]:
            since = stale_since or _first_within(not_traded, day, facts.rules.pattern_days)
            reason = _reason(stored, facts.patterns_digest(day, previous, traded), since)
            if reason is not None:
                stale_since = stale_since or day
                stale_days.append(StaleDay(kind=DerivedKind.PATTERNS, coin=WHOLE_DAY, day=day, reason=reason))
        previous = stored or previous
    return [stale for stale in stale_days if stale.day in wanted]


def _stale_reports(
    facts: DerivedFacts,
    asked: Sequence[date],
    traded: Mapping[date, str],
    not_traded: Collection[date],
    not_searched: Collection[date],
) -> list[StaleDay]:
    stale_days = []
    for day in asked:
        since = day if day in not_searched else _first_within(not_traded, day, facts.rules.report_days)
        reason = _reason(facts.reports.get(day), facts.report_digest(day, traded), since)
        if reason is not None:
            stale_days.append(StaleDay(kind=DerivedKind.REPORT, coin=WHOLE_DAY, day=day, reason=reason))
    return stale_days


def _reason(stored: str | None, wanted: str, stale_since: date | None) -> str | None:
    """Why a day is stale; None where it is current."""
    if stored is None:
        return "not made yet"
    if is_provisional(stored):
        return "made while a model or candles could not be read"
    if stored != wanted:
        return "its inputs have changed"
    return f"{stale_since} is to be made again" if stale_since is not None else None


def _first_within(stale: Collection[date], day: date, num_days: int) -> date | None:
    first = day - timedelta(days=num_days - 1)
    return min((each for each in stale if first <= each <= day), default=None)

"""Facts of derived days, made up: stored digests that are what the inputs give, until an input is changed."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta

from coin_models.pipeline.derived.facts import DerivedFacts, Rules, previous_of

FIRST = date(2026, 3, 1)
RULES = Rules(
    trades="rules of trades", patterns="rules of patterns", report="rules of the report",
    candle_days=3, pattern_days=2, report_days=2,
)  # fmt: skip


def candle_names(coin: str, day: date, num_days: int) -> str:
    """In place of digests: whose candles, and which."""
    return f"{num_days} days of {coin} to {day}"


def nothing_made(**changes: object) -> DerivedFacts:
    """No day was made."""
    given: dict[str, object] = {"rules": RULES, "candles": candle_names, "trades": {}, "patterns": {}, "reports": {}}
    return DerivedFacts(**{**given, **changes})  # type: ignore[arg-type]


def all_made(coins: Sequence[str], days: Sequence[date], **changes: object) -> DerivedFacts:
    """Every day was made, oldest first, each from what was there then."""
    facts = nothing_made(**changes)
    trades: dict[str, dict[date, str]] = {coin: {} for coin in coins}
    patterns: dict[date, str] = {}
    reports: dict[date, str] = {}
    facts = replace(facts, trades=trades, patterns=patterns, reports=reports)
    for day in days:
        for coin in coins:
            trades[coin][day] = facts.trades_digest(coin, day, previous_of(trades[coin], day))
        before = previous_of(patterns, day)
        patterns[day] = facts.patterns_digest(day, before[1] if before else None, facts.traded_digests())
        reports[day] = facts.report_digest(day, facts.traded_digests())
    return facts


def asked(coins: Sequence[str], days: Sequence[date]) -> Mapping[str, Sequence[date]]:
    """Every one of these days of every coin."""
    return dict.fromkeys(coins, days)


def days_from_first(number: int) -> list[date]:
    """This number of days, from `FIRST` on."""
    return [FIRST + timedelta(days=offset) for offset in range(number)]

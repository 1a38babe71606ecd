"""Finds stale days and makes them again: trades coin by coin, then patterns, then reports, oldest day first.

| question | answer |
|---|---|
| what is stale now? | `what_is_stale`: a few queries, nothing is made |
| make it again, up to the newest day that was made | `settle_trades`, `settle_patterns`, `settle_reports`: in this order |

Each step reads again what is stale when its turn comes: a day's patterns are made once, after the trades that they
read.
"""

import logging
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from coin_models.errors import CoinModelsError
from coin_models.market.universe import resolve_universe
from coin_models.pipeline.daily_report import StoredReport, write_report
from coin_models.pipeline.derived.facts import WHOLE_DAY, CoinDay, previous_of
from coin_models.pipeline.derived.gather import gather_facts, newest_derived_day
from coin_models.pipeline.derived.inputs import Inputs
from coin_models.pipeline.derived.stale import StaleDay, find_stale
from coin_models.pipeline.patterns import UpdatedPatterns, update_patterns
from coin_models.pipeline.services import Services
from coin_models.pipeline.shadow_trades import TradedCoin, TradingSpan

logger = logging.getLogger(__name__)


def what_is_stale(
    services: Services,
    days: Collection[date],
    coins: Sequence[str],
    *,
    wanted: Collection[CoinDay] | None = None,
    inputs: Inputs | None = None,
) -> list[StaleDay]:
    """What of these days is to be made, or made again, and why; makes nothing.

    Args:
        services: where everything is.
        days: trading days, in any order.
        coins: whose trades are looked at; patterns and report are of the whole day.
        wanted: the coin-days that were requested; None: every coin on every day.
        inputs: digests of candles and wanted fingerprints; None: as they are now.
    """
    asked = days_asked(days, coins, wanted)
    span = sorted({day for chosen in asked.values() for day in chosen})
    if not span:
        return []
    return find_stale(gather_facts(services, coins, span[0], span[-1], inputs), asked)


def settle_trades(
    services: Services,
    wanted: Mapping[str, Collection[date]],
    *,
    until: date | None = None,
    inputs: Inputs | None = None,
) -> Iterator[TradedCoin]:
    """Trades what is stale of these days, and of the later ones that were traded before; coin by coin, oldest first.

    A coin's days after one that failed wait for it: they would be made from what is about to change.
    """
    span = _span(services, wanted.values(), until)
    if span is None:
        return
    first, last = span
    trading = TradingSpan(services, list(wanted), first, last, inputs)
    chosen: dict[str, set[date]] = {}
    for coin, days in wanted.items():
        start = min(days, default=date.max)
        made = (day for day in trading.facts.trades.get(coin, ()) if start <= day <= last)
        chosen[coin] = {*(day for day in days if day <= last), *made}
    yield from trading.trade_stale(chosen)


@dataclass(frozen=True, slots=True, kw_only=True)
class SettledPatterns:
    """A day's library that was stale, or why it could not be made."""

    day: date
    made: UpdatedPatterns | None = None
    failure: str | None = None

    @property
    def failures(self) -> dict[str, str]:
        """What failed, by coin; the empty name stands for the whole day."""
        if self.made is None:
            return {WHOLE_DAY: self.failure or "no reason was recorded"}
        return dict(self.made.unreadable)


@dataclass(frozen=True, slots=True, kw_only=True)
class SettledReport:
    """A day's report that was stale, or why it could not be written."""

    day: date
    stored: StoredReport | None = None
    failure: str | None = None


def settle_patterns(
    services: Services, days: Collection[date], *, until: date | None = None, inputs: Inputs | None = None
) -> Iterator[SettledPatterns]:
    """Makes the libraries that are stale of these days, and of the later ones that have one; oldest first."""
    span = _span(services, [days], until)
    if span is None:
        return
    coins = resolve_universe(services.settings)
    facts = gather_facts(services, (), *span, inputs)
    traded = facts.traded_digests()
    stored = dict(facts.patterns)
    for day in _from_first(days, stored, span[1]):
        previous = previous_of(stored, day)
        if stored.get(day) == facts.patterns_digest(day, previous[1] if previous else None, traded):
            continue
        try:
            made = update_patterns(services, day, coins, inputs=inputs)
        except CoinModelsError as error:
            logger.warning("patterns of %s were not updated: %s", day, error)
            yield SettledPatterns(day=day, failure=str(error))
            return  # the libraries after it continue it
        stored[day] = made.digest
        yield SettledPatterns(day=day, made=made)


def settle_reports(
    services: Services, days: Collection[date], *, until: date | None = None, inputs: Inputs | None = None
) -> Iterator[SettledReport]:
    """Writes the reports that are stale of these days, and of the later ones that have one; oldest first."""
    span = _span(services, [days], until)
    if span is None:
        return
    coins = resolve_universe(services.settings)
    facts = gather_facts(services, (), *span, inputs)
    traded = facts.traded_digests()
    for day in _from_first(days, facts.reports, span[1]):
        if facts.reports.get(day) == facts.report_digest(day, traded):
            continue
        try:
            yield SettledReport(day=day, stored=write_report(services, day, coins, inputs=inputs))
        except CoinModelsError as error:
            logger.warning("the report of %s was not written: %s", day, error)
            yield SettledReport(day=day, failure=str(error))


def _from_first(days: Collection[date], made: Collection[date], last: date) -> list[date]:
    """These days and the later ones that were made before, up to the last, oldest first."""
    first = min(days)
    return sorted(day for day in {*days, *made} if first <= day <= last)


def days_asked(
    days: Collection[date], coins: Sequence[str], wanted: Collection[CoinDay] | None
) -> dict[str, set[date]]:
    """The days of each coin: those named, or all of them where none is."""
    if wanted is None:
        return {coin: set(days) for coin in coins}
    chosen: dict[str, set[date]] = {coin: set() for coin in coins}
    for coin, day in wanted:
        if coin in chosen and day in days:
            chosen[coin].add(day)
    return chosen


def _span(services: Services, days: Iterable[Collection[date]], until: date | None) -> tuple[date, date] | None:
    """From the first of these days to the last that is to be looked at; None without any."""
    asked = [day for some in days for day in some]
    if not asked:
        return None
    last = until or max([*asked, newest_derived_day(services) or date.min])
    return (min(asked), max(last, min(asked)))

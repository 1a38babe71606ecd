"""Makes everything that follows from days, in one call: the three kinds in the product's order."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from coin_models.pipeline.derived.digests import DerivedKind
from coin_models.pipeline.derived.facts import WHOLE_DAY, CoinDay
from coin_models.pipeline.derived.inputs import Inputs
from coin_models.pipeline.derived.settle import days_asked, settle_patterns, settle_reports, settle_trades
from coin_models.pipeline.services import Services


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What was made again, and what could not be."""

    traded: tuple[CoinDay, ...] = ()
    patterns: tuple[date, ...] = ()
    reports: tuple[date, ...] = ()
    failures: Mapping[tuple[DerivedKind, str, date], str] = field(
        default_factory=dict
    )  # kind, coin or empty, day: the reason

    @property
    def num_made(self) -> int:
        """Days that were made again, of all kinds."""
        return len(self.traded) + len(self.patterns) + len(self.reports)


def settle(
    services: Services,
    days: Collection[date],
    coins: Sequence[str],
    *,
    wanted: Collection[CoinDay] | None = None,
    until: date | None = None,
    inputs: Inputs | None = None,
) -> Settled:
    """Makes what is stale from the first of these days on; later days that were made before are brought up to date too.

    Args:
        services: where everything is.
        days: trading days that are to be current afterwards.
        coins: whose trades.
        wanted: the coin-days that were requested, those left out whose model is still to come; None: every coin on every day.
        until: the last day that is made again; None: the newest of which anything is stored.
        inputs: digests of candles and wanted fingerprints; None: as they are now.
    """
    asked = days_asked(days, coins, wanted)
    traded = list(settle_trades(services, asked, until=until, inputs=inputs))
    chosen = {day for of in asked.values() for day in of} | {one.day for one in traded}
    patterns = list(settle_patterns(services, chosen, until=until, inputs=inputs))
    reports = list(settle_reports(services, chosen, until=until, inputs=inputs))
    failures = {(DerivedKind.TRADES, one.coin, one.day): one.failure for one in traded if one.failure}
    failures |= {(DerivedKind.PATTERNS, coin, one.day): why for one in patterns for coin, why in one.failures.items()}
    failures |= {(DerivedKind.REPORT, WHOLE_DAY, one.day): one.failure for one in reports if one.failure}
    return Settled(
        traded=tuple((one.coin, one.day) for one in traded if one.traded is not None),
        patterns=tuple(one.day for one in patterns if one.made is not None),
        reports=tuple(one.day for one in reports if one.stored is not None),
        failures=failures,
    )

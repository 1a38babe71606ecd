"""Which runs serve the coin-days that are needed: on one machine a run per day, in a fleet one per shard and range of days.

Pure: runs are looked at as they were read, and nothing is launched here.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby

from dagster import RunRecord, RunRequest

from coin_models.defs.jobs import assets_of
from coin_models.defs.partitions import partition_key
from coin_models.defs.runs import PRIORITY, RESUME, SHARD, partition_tags, span
from coin_models.market.timeframe import days_between
from coin_models.pipeline.shards import shards_of
from coin_models.pipeline.work import stretches
from coin_models.settings.root import Settings

_FIRST: dict[str, str] = {PRIORITY: "1"}  # nights come before the past


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """A run to request: these coins on consecutive days."""

    days: Sequence[date]
    coins: Sequence[str]
    shard: str | None = None  # such as 3/8; None: on one machine

    def request(self, *, asked_by: str = RESUME, run_key: str | None = None, comes_first: bool = False) -> RunRequest:
        """As a sensor or a schedule returns it."""
        in_fleet = {} if self.shard is None else {SHARD: self.shard, **(_FIRST if comes_first else {})}
        return RunRequest(
            run_key=run_key,
            partition_key=partition_key(self.days[0]) if len(self.days) == 1 else None,
            asset_selection=assets_of(self.coins),
            tags={
                **(partition_tags(self.days) if len(self.days) > 1 else {}),
                **in_fleet,
                "day": span(self.days),
                "asked_by": asked_by,
                "missing_coins": str(len(self.coins)),
            },
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Launches:
    """The runs to request, oldest day first, and the days of which something is held back, with the reason."""

    runs: Sequence[Launch] = ()
    held: Mapping[date, str] = field(default_factory=dict)


def launches_of(
    needed: Mapping[date, Sequence[str]],
    asked: Mapping[date, Collection[str]],
    universe: Sequence[str],
    settings: Settings,
    why_held: Callable[[date, Collection[str]], str | None],
) -> Launches:
    """The runs that make what is needed, and no coin on a day of which it was not requested.

    Args:
        needed: the coins of each day, in the order of the universe.
        asked: the coins requested of each of these days.
        universe: all coins.
        settings: say whether there is a fleet, and how long a run may be.
        why_held: why coins of a day are left alone now; None where they are not.
    """
    if not needed:
        return Launches()
    launches: list[Launch] = []
    held: dict[date, str] = {}
    shards = shards_of(universe, settings.fleet)
    for number, shard in enumerate(shards, start=1):
        members = frozenset(shard)
        free: dict[date, list[str]] = {}
        for day, coins in needed.items():
            ours = [coin for coin in coins if coin in members]
            reason = why_held(day, members) if ours else None
            if reason is not None:
                held[day] = reason
            elif ours:
                free[day] = ours
        if settings.fleet.broker_url is None:
            launches += [Launch(days=[day], coins=coins) for day, coins in free.items()]
        elif free:
            launches += [
                Launch(days=days, coins=coins, shard=f"{number}/{len(shards)}")
                for alike in _asked_alike(free, asked, members)
                for days, coins in stretches(alike, settings.operations.max_days_per_run)
            ]
    return Launches(runs=sorted(launches, key=lambda launch: launch.days[0]), held=dict(sorted(held.items())))


def _asked_alike(
    free: Mapping[date, Sequence[str]], asked: Mapping[date, Collection[str]], members: Collection[str]
) -> Iterator[dict[date, Sequence[str]]]:
    """Consecutive days of which the same coins were requested; days of which nothing is needed are empty."""

    def requested(day: date) -> frozenset[str]:
        return frozenset(members).intersection(asked.get(day, ()))

    for _, days in groupby(days_between(min(free), max(free)), key=requested):
        yield {day: free.get(day, ()) for day in days}


def touching(records: Sequence[RunRecord], coins: Collection[str]) -> list[RunRecord]:
    """The runs that make an asset of these coins: those that select none of them are left out."""
    return [
        record
        for record in records
        if record.dagster_run.asset_selection is None
        or any(key.path[-1] in coins for key in record.dagster_run.asset_selection)
    ]

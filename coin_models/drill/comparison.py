"""Compares two homes: both hold the same models, each published once, byte for byte."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select

from coin_models.db.schema import attempts
from coin_models.defs.instance.home import open_instance
from coin_models.defs.sensors.missing import unmaterialized
from coin_models.operations.attempts import Outcome
from coin_models.pipeline.plan.calendar import parent_day
from coin_models.pipeline.services import Services
from coin_models.registry.versions import ModelVersion
from coin_models.settings.root import Settings

CoinDay = tuple[str, date]

# What may differ between two runs of the same work: when it was, who did it, how long it took.
_CIRCUMSTANCES = frozenset({"created_at", "session_id", "resumed", "fit_seconds", "manifest_key", "manifest_sha256"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What the killed home has of what the other has."""

    num_models: int
    lost: tuple[CoinDay, ...]  # not published, damaged, or missing in Dagster
    published_twice: tuple[CoinDay, ...]
    trained_twice: tuple[CoinDay, ...]  # to the end, by two attempts
    different: tuple[CoinDay, ...]  # weights or registry row
    other_parents: tuple[CoinDay, ...]  # not the one that the calendar names

    @property
    def is_identical(self) -> bool:
        """Whether every weight and every row is the same."""
        return not self.lost and not self.different

    @property
    def problems(self) -> tuple[str, ...]:
        """What is not as it should be, coin-day by coin-day."""
        kinds = (
            ("lost", self.lost),
            ("published twice", self.published_twice),
            ("trained twice", self.trained_twice),
            ("not the same", self.different),
            ("not from its parent by the calendar", self.other_parents),
        )
        return tuple(f"{coin} {day}: {what}" for what, keys in kinds for coin, day in keys)


def compare(
    whole: Settings, killed: Settings, coins: Sequence[str], days: Sequence[date], *, full_retrain_every_days: int
) -> Comparison:
    """Compares the uninterrupted home with the killed one: every version, parents of earlier days included.

    Dagster must know of the coins and days that were requested.
    """
    reference, tested = Services(settings=whole), Services(settings=killed)
    expected, there = published(reference), published(tested)
    every_version = [version for versions in there.values() for version in versions]
    damaged = {(version.coin, version.day) for version in _damaged(tested, every_version)}
    with open_instance(killed) as instance:
        unknown = unmaterialized(instance, coins, days)
    lost = {key for key in expected if key not in there or key in damaged or key in unknown}
    return Comparison(
        num_models=len(expected),
        lost=tuple(sorted(lost)),
        published_twice=tuple(sorted(key for key, versions in there.items() if len(versions) > 1)),
        trained_twice=tuple(sorted(_trained_twice(tested))),
        different=tuple(sorted(key for key in expected if key in there and _rows(expected[key]) != _rows(there[key]))),
        other_parents=tuple(sorted(other_parents(every_version, full_retrain_every_days))),
    )


def published(services: Services) -> dict[CoinDay, list[ModelVersion]]:
    """Every version of a home, by coin-day."""
    by_coin_day: dict[CoinDay, list[ModelVersion]] = {}
    for version in services.registry.versions():
        by_coin_day.setdefault((version.coin, version.day), []).append(version)
    return by_coin_day


def _damaged(services: Services, every_version: Sequence[ModelVersion]) -> list[ModelVersion]:
    versions = {version.id: version for version in every_version}
    return [versions[problem.version_id] for problem in services.registry.verify(every_version)]


def other_parents(every_version: Sequence[ModelVersion], every_days: int) -> list[CoinDay]:
    """Versions that start from another day than the calendar's; the demo market has every coin on every day."""
    days = {version.id: version.day for version in every_version}
    return [
        (version.coin, version.day)
        for version in every_version
        if (days.get(version.parent_id) if version.parent_id else None)
        != parent_day(version.coin, version.day, every_days)
    ]


def _rows(versions: Sequence[ModelVersion]) -> list[dict[str, object]]:
    return [
        {name: getattr(version, name) for name in ModelVersion.__slots__ if name not in _CIRCUMSTANCES}
        for version in versions
    ]


def _trained_twice(services: Services) -> list[CoinDay]:
    query = (
        select(attempts.c.coin, attempts.c.day, func.count())
        .where(attempts.c.outcome == Outcome.DONE.value)
        .group_by(attempts.c.coin, attempts.c.day)
    )
    with services.database.read() as connection:
        counts = Counter({(coin, day): count for coin, day, count in connection.execute(query)})
    return [key for key, count in counts.items() if count > 1]

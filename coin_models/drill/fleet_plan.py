"""What a drill of a fleet does: how many workers and days, and which faults in which order."""

import random
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from coin_models.errors import UsageError
from coin_models.market.sources.demo_coins import DEMO_COINS
from coin_models.market.timeframe import days_between
from coin_models.settings.operations import OperationsSettings

_LEASE = "OPERATIONS_LEASE_SECONDS"
_QUICKER = {
    _LEASE: "20",  # six times less than the default
    "OPERATIONS_HEARTBEAT_SECONDS": "2",
    "OPERATIONS_REAPER_SECONDS": "2",
    "OPERATIONS_RESUME_SECONDS": "5",
    "OPERATIONS_RUN_START_SECONDS": "60",
}
_FIRST_DAY = date(2026, 1, 5)
_MOST_WORKERS = 16
_FITS = {
    "TRAINING_LOOKBACK_DAYS": "32",
    "TRAINING_WIDTH": "16",
    "TRAINING_EPOCHS": "60",
    "TRAINING_INCREMENTAL_EPOCHS": "60",
    "TRAINING_NUM_THREADS": "1",
    "INTERRUPTION_CHECKPOINT_MIN_SECONDS": "0.2",
    "OPERATIONS_FIRST_DAY": (_FIRST_DAY - timedelta(days=7)).isoformat(),
    "OPERATIONS_MAX_DAYS_PER_RUN": "2",
    "FLEET_SHARD_COINS": "1",
}


class Fault(StrEnum):
    """What fails."""

    HOST = "host killed"
    PAUSE = "host paused for two leases"
    FIT = "fit killed as when memory runs out"
    BROKER = "broker killed and emptied"
    DATABASE = "PostgreSQL restarted"


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetDrillPlan:
    """What is drilled."""

    num_workers: int = 2
    num_kills: int = 5
    others: tuple[Fault, ...] = tuple(fault for fault in Fault if fault is not Fault.HOST)
    seed: int = 7
    num_coins: int = 3
    num_days: int = 4
    variables: tuple[tuple[str, str], ...] = tuple((_FITS | _QUICKER).items())
    """Settings of the drill's homes, without their prefix: fits long enough to be met at work, leases of 20 s, a run per
    coin and two days. The others are the defaults, never the user's own."""

    @classmethod
    def of_default_leases(cls, **choices: int) -> "FleetDrillPlan":
        """Host kills alone, with the product's own leases, heartbeats and sensors: how long until the next attempt."""
        return cls(others=(), variables=tuple(_FITS.items()), **choices)

    def __post_init__(self) -> None:
        if not 1 <= self.num_workers <= _MOST_WORKERS:
            raise UsageError(f"--fleet {self.num_workers}: 1 to {_MOST_WORKERS} workers can be drilled on one machine")
        if self.num_kills < 1:
            raise UsageError(f"--kills {self.num_kills}: a drill without a kill proves nothing; give at least 1")
        if not 1 <= self.num_coins <= len(DEMO_COINS):
            raise UsageError(f"--coins {self.num_coins}: the demo market has 1 to {len(DEMO_COINS)} coins")
        if not 1 <= self.num_days <= 366:
            raise UsageError(f"--days {self.num_days}: 1 to 366 days are drilled")

    @property
    def lease_seconds(self) -> float:
        """Of the drill's homes."""
        return float(dict(self.variables).get(_LEASE, OperationsSettings().lease_seconds))

    @property
    def coins(self) -> tuple[str, ...]:
        """The demo universe's first coins."""
        return tuple(DEMO_COINS)[: self.num_coins]

    @property
    def days(self) -> list[date]:
        """The days of the backfill."""
        return days_between(_FIRST_DAY, _FIRST_DAY + timedelta(days=self.num_days - 1))

    def faults(self) -> list[Fault]:
        """All faults, in the order in which they happen."""
        drawn = [Fault.HOST] * self.num_kills + list(self.others)
        random.Random(self.seed).shuffle(drawn)  # noqa: S311 - a draw that can be repeated, not a secret
        return drawn

"""Sessions and attempts as plain values, as ledger and hazard read them."""

from dataclasses import dataclass
from datetime import date, datetime

SPOT = "spot"
FINISHED = "finished"
FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRecord:
    """The life of one training process on one machine."""

    session_id: str
    provider: str
    market: str  # spot, on-demand, owned
    gpu: str
    price_usd_per_hour: float
    started_at: datetime
    heartbeat_at: datetime
    ended_at: datetime | None = None
    end_reason: str | None = None
    process_id: int | None = None

    def __post_init__(self) -> None:
        if any(
            time is not None and time.tzinfo is None for time in (self.started_at, self.heartbeat_at, self.ended_at)
        ):
            raise ValueError(f"session {self.session_id}: times are UTC-aware")

    @property
    def closed_at(self) -> datetime:
        """When it stopped costing money: its end, or its last sign of life where it died without notice."""
        return max(self.started_at, self.ended_at or self.heartbeat_at)

    @property
    def billed_seconds(self) -> float:
        """Seconds between start and close."""
        return (self.closed_at - self.started_at).total_seconds()

    @property
    def cost_usd(self) -> float:
        """What the machine cost."""
        return self.billed_seconds / 3600.0 * self.price_usd_per_hour

    @property
    def was_taken(self) -> bool:
        """Whether the machine went away under it: with notice, or without notice."""
        return self.ended_at is not None and self.end_reason not in (FINISHED, FAILED)


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptRecord:
    """One try at one coin-day; its seconds are its share of the cohort's."""

    coin: str
    day: date
    session_id: str
    outcome: str  # running, done, reused, skipped, failed, interrupted
    started_at: datetime
    ended_at: datetime | None = None
    useful_seconds: float = 0.0
    redone_seconds: float = 0.0
    checkpoint_seconds: float = 0.0
    startup_seconds: float = 0.0

    @property
    def recorded_seconds(self) -> float:
        """Seconds that it accounts for; none where it was killed before it could."""
        return self.useful_seconds + self.redone_seconds + self.checkpoint_seconds + self.startup_seconds

"""Settings of surviving: checkpoints, notice, leases, retries."""

from pathlib import Path
from typing import Self

from pydantic import Field, NonNegativeInt, PositiveInt, model_validator

from coin_models.settings.base import SettingsGroup


class InterruptionSettings(SettingsGroup):
    """`COIN_MODELS_INTERRUPTION_*`: how a fit is saved, warned and taken up again."""

    checkpoint_min_seconds: float = Field(default=2.0, gt=0)
    """Shortest time between two checkpoints."""
    checkpoint_max_seconds: float = Field(default=10.0, gt=0)
    """Longest time between two checkpoints: the most that a kill without notice costs."""
    checkpoints_kept: int = Field(default=2, ge=2)
    """Checkpoints kept per cohort; a damaged one is set aside and the one before is used."""
    mean_hours_between_interruptions: float = Field(default=4.0, gt=0)
    """How long a machine lasts on average; with the measured cost of a save it gives the time between checkpoints."""
    leftover_days: PositiveInt = 7
    """Checkpoints that nobody wrote to for so many days are removed: their coins were trained again, or given up."""
    grace_seconds: float = Field(default=5.0, gt=0)
    """Seconds between notice and the end (RunPod 5, GCP 30, AWS 120)."""
    notice_file: Path | None = None
    """A file whose appearance is notice, for machines that tell in no other way."""
    aws_metadata_url: str | None = None
    """Base URL of AWS's instance metadata to poll for notice, such as http://169.254.169.254; unset: not polled."""
    gcp_metadata_url: str | None = None
    """Base URL of GCP's instance metadata to poll for notice, such as http://metadata.google.internal; unset: not polled."""
    poll_seconds: float = Field(default=1.0, gt=0)
    """Seconds between two looks at notice file and metadata."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.checkpoint_min_seconds > self.checkpoint_max_seconds:
            raise ValueError(
                f"checkpoint_min_seconds ({self.checkpoint_min_seconds}) must not exceed "
                f"checkpoint_max_seconds ({self.checkpoint_max_seconds})"
            )
        return self


class OperationsSettings(SettingsGroup):
    """`COIN_MODELS_OPERATIONS_*`: leases, attempts and what the resume sensor looks at."""

    lease_seconds: float = Field(default=30.0, gt=1)
    """Seconds a lease lives without a heartbeat; after that its holder counts as dead."""
    heartbeat_seconds: float = Field(default=5.0, gt=0)
    """Seconds between two heartbeats."""
    max_attempts: PositiveInt = 3
    """Errors (not interruptions) a coin-day may have before it is quarantined."""
    backoff_seconds: float = Field(default=60.0, ge=0)
    """Wait after a coin-day's first error; doubles with each further one."""
    resume_window_days: PositiveInt = 7
    """Days back that the resume sensor looks for what is missing."""
    first_day: str | None = None
    """First trading day of the partitions, YYYY-MM-DD; unset: the source's default."""
    max_days_per_run: PositiveInt = 31
    """Days that one run of a backfill may cover."""
    min_free_disk_mib: NonNegativeInt = 512
    """Free disk below which a run is refused before it starts."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.heartbeat_seconds * 2 > self.lease_seconds:
            raise ValueError(
                f"heartbeat_seconds ({self.heartbeat_seconds}) must be at most half of lease_seconds ({self.lease_seconds})"
            )
        return self

"""Settings of checkpoints, preemption notices, leases and retries."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from pydantic import Field, NonNegativeInt, PositiveInt, field_validator

from coin_models.settings.base import SettingsGroup
from coin_models.settings.places import expanded

_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?")


def _address_problems(settings: "InterruptionSettings") -> Iterator[str]:
    for name in ("aws_metadata_url", "gcp_metadata_url"):
        if {"@", "?"} & set(getattr(settings, name) or ""):
            yield f"{name} holds credentials or a query, and is shown in errors; metadata servers want none"


def _checkpoint_problems(settings: "InterruptionSettings") -> Iterator[str]:
    shortest, longest = settings.checkpoint_min_seconds, settings.checkpoint_max_seconds
    if shortest > longest:
        yield f"checkpoint_min_seconds ({shortest}) must not exceed checkpoint_max_seconds ({longest})"


def _lease_problems(settings: "OperationsSettings") -> Iterator[str]:
    beat, lease = settings.heartbeat_seconds, settings.lease_seconds
    if beat * 2 > lease:
        yield f"heartbeat_seconds ({beat}) must be at most half of lease_seconds ({lease})"


def _backoff_problems(settings: "OperationsSettings") -> Iterator[str]:
    for name in ("backoff", "unavailable"):
        first, most = getattr(settings, f"{name}_seconds"), getattr(settings, f"{name}_max_seconds")
        if first > most:
            yield f"{name}_seconds ({first}) must not exceed {name}_max_seconds ({most})"


def _host_problems(settings: "OperationsSettings") -> Iterator[str]:
    bad = [host for host in settings.ui_hosts if not _HOST.fullmatch(host)]
    if bad:
        yield f"ui_hosts: {', '.join(map(repr, bad))} are not names of hosts (give ui.example.org: no scheme, port, path or *)"


class InterruptionSettings(SettingsGroup):
    """`COIN_MODELS_INTERRUPTION_*`: checkpoints, preemption notices and resuming of a fit."""

    checkpoint_min_seconds: float = Field(default=2.0, gt=0)
    """Shortest time between two checkpoints."""
    checkpoint_max_seconds: float = Field(default=10.0, gt=0)
    """Longest time between two checkpoints: the most that a kill without notice costs."""
    checkpoints_kept: int = Field(default=2, ge=2)
    """Checkpoints kept per cohort; a damaged one is set aside and the one before is used."""
    mean_hours_between_interruptions: float = Field(default=4.0, gt=0)
    """Mean hours until an interruption; with the measured cost of a save it gives the time between checkpoints."""
    leftover_days: PositiveInt = 7
    """Checkpoints untouched for this many days are removed: their coins were trained again, or are quarantined."""
    grace_seconds: float = Field(default=5.0, gt=0)
    """Seconds from the notice to the end of the machine (RunPod 5, GCP 30, AWS 120)."""
    notice_file: Path | None = None
    """A file that announces an interruption when it appears, for machines without another notice."""
    aws_metadata_url: str | None = None
    """Base URL of AWS's instance metadata to poll for notice, such as http://169.254.169.254; unset: not polled."""
    gcp_metadata_url: str | None = None
    """Base URL of GCP's instance metadata to poll for notice, such as http://metadata.google.internal; unset: not polled."""
    poll_seconds: float = Field(default=1.0, gt=0)
    """Seconds between two checks of notice file and metadata."""

    rules = (_checkpoint_problems, _address_problems)

    @field_validator("notice_file")
    @classmethod
    def _absolute(cls, value: Path | None) -> Path | None:
        return None if value is None else expanded(value)


class OperationsSettings(SettingsGroup):
    """`COIN_MODELS_OPERATIONS_*`: leases, attempts and what the resume sensor looks at."""

    lease_seconds: float = Field(default=120.0, gt=1)
    """Seconds that a lease is valid without a heartbeat, longer than a managed database's failover; after that its holder
    counts as dead. A process that ended on a machine that runs on is found at the reaper's next tick; another machine after six
    heartbeats missed, at least 30 s, in which the database answered the reaper."""
    heartbeat_seconds: float = Field(default=5.0, gt=0)
    """Seconds between two heartbeats."""
    run_start_seconds: float = Field(default=120.0, gt=0)
    """Seconds a Dagster run's worker may take to start; after that the reaper fails the run, and it is relaunched."""
    reaper_seconds: PositiveInt = 10
    """Seconds between two ticks of the reaper's sensor."""
    resume_seconds: PositiveInt = 60
    """Seconds between two ticks of the resume sensor."""
    max_attempts: PositiveInt = 3
    """Errors (not interruptions) a coin-day may have before it is quarantined."""
    backoff_seconds: float = Field(default=60.0, ge=0)
    """Seconds to wait after a coin-day's first error; doubles with each further one."""
    backoff_max_seconds: float = Field(default=3600.0, ge=0)
    """Longest wait after an error of a coin-day."""
    database_wait_seconds: float = Field(default=120.0, ge=0)
    """Seconds that a command waits for an unavailable or read-only database; it logs the start of the wait."""
    store_wait_seconds: float = Field(default=60.0, ge=0)
    """Seconds that a command waits for an unavailable S3 store; it logs the start of the wait."""
    unavailable_seconds: float = Field(default=30.0, gt=0)
    """Seconds to wait after source, store, database, network or machine failed; doubles each time, uses up no attempt."""
    unavailable_max_seconds: float = Field(default=900.0, gt=0)
    """Longest wait after such a failure, unless source and store are seen to answer before its end."""
    resume_window_days: PositiveInt = 7
    """Number of days back in which the resume sensor searches for missing coin-days."""
    stale: Literal["window", "keep", "all"] = "window"
    """Versions made from other candles, settings or code than today's: `window` makes those of the resume window again and
    keeps older ones, `keep` keeps all, `all` retrains all that are requested."""
    first_day: str | None = None
    """First trading day of the partitions, YYYY-MM-DD; unset: the source's default."""
    max_days_per_run: PositiveInt = 31
    """Days that one run of a backfill may cover."""
    min_free_disk_mib: NonNegativeInt = 512
    """Free disk below which a run is refused before it starts."""
    ui_hosts: tuple[str, ...] = ()
    """Names under which a proxy serves the UI, such as ui.example.org; loopback and the address listened on need none."""

    rules = (_lease_problems, _backoff_problems, _host_problems)

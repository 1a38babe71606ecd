"""The manifest of a checkpoint: small and written last; a checkpoint without one does not count."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime

from coin_models.errors import CheckpointDamaged

SCHEMA_VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckpointManifest:
    """What a checkpoint is, and what its state's bytes must be."""

    day: date
    cohort_id: str
    step: int
    fingerprints: Mapping[str, str]  # by coin, in the cohort's order
    size: int  # bytes of the state
    sha256: str
    saved_at: datetime
    arithmetic: tuple[str, ...] = ()  # under which the steps were made, in order; empty: written by coin_models 0.1

    def __post_init__(self) -> None:
        if self.saved_at.tzinfo is None:
            raise ValueError(f"saved_at {self.saved_at!r} has no time zone")

    @property
    def coins(self) -> tuple[str, ...]:
        """The cohort's coins, in order."""
        return tuple(self.fingerprints)


def encode_manifest(manifest: CheckpointManifest) -> bytes:
    """The manifest as JSON."""
    plain = asdict(manifest) | {
        "schema_version": SCHEMA_VERSION,
        "day": manifest.day.isoformat(),
        "saved_at": manifest.saved_at.astimezone(UTC).isoformat(),
    }
    return json.dumps(plain, indent=1).encode()


def decode_manifest(data: bytes) -> CheckpointManifest:
    """The manifest of this JSON.

    Raises:
        CheckpointDamaged: it is none, or of another schema.
    """
    try:
        plain = json.loads(data)
        version = plain.pop("schema_version")
        if version != SCHEMA_VERSION:
            raise CheckpointDamaged(f"manifest has schema {version!r}, this version reads {SCHEMA_VERSION}")
        day, saved_at = date.fromisoformat(plain.pop("day")), datetime.fromisoformat(plain.pop("saved_at"))
        arithmetic = tuple(plain.pop("arithmetic", ()))
        return CheckpointManifest(day=day, saved_at=saved_at, arithmetic=arithmetic, **plain)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise CheckpointDamaged(f"manifest of {len(data)} bytes cannot be read: {error!r}") from error

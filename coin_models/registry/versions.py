"""Model versions and champion decisions as values, and their rows."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, Literal

from sqlalchemy import Row

from coin_models.db.lease import LeaseToken
from coin_models.db.schema import DECIDED_BY_POLICY
from coin_models.registry.bundle import Bundle, Manifest, Metrics
from coin_models.storage import keys
from coin_models.storage.object_store import sha256_hex

Verdict = Literal["promote", "hold", "rollback", "none"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelVersion:
    """A published result, as the registry's row has it."""

    id: str
    coin: str
    day: date
    fingerprint: str
    architecture_digest: str
    weights_key: str
    weights_sha256: str
    manifest_key: str
    manifest_sha256: str
    parent_id: str | None
    skill: float | None  # pinball skill on the validation split
    metrics: Metrics
    code_version: str
    created_at: datetime
    session_id: str | None
    resumed: bool  # its fit was interrupted and resumed
    fit_seconds: float
    num_steps: int
    candle_digest: str | None = None  # these three: None of a version that coin_models 0.1 published
    settings_digest: str | None = None
    arithmetic: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """A bundle about to be published, with what only its fit knows."""

    bundle: Bundle
    lease: LeaseToken | None = None
    session_id: str | None = None
    resumed: bool = False
    fit_seconds: float = 0.0
    num_steps: int = 0
    settings_digest: str | None = None  # of the settings and the network that decided it

    @property
    def manifest(self) -> Manifest:
        """The bundle's manifest."""
        return self.bundle.manifest

    def version(self) -> ModelVersion:
        """The row that publishing it will write."""
        return replace(
            version_of_manifest(self.manifest, self.manifest.encode()),
            settings_digest=self.settings_digest,
            session_id=self.session_id,
            resumed=self.resumed,
            fit_seconds=self.fit_seconds,
            num_steps=self.num_steps,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ChampionDecision:
    """Who forecasts a coin after it, and why."""

    coin: str
    day: date
    version_id: str | None  # the champion after it; None: the coin has none
    decision: Verdict
    reason: str
    decided_by: str  # DECIDED_BY_POLICY, or who typed the command
    decided_at: datetime
    statistics: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_manual(self) -> bool:
        """Whether a person took it."""
        return self.decided_by != DECIDED_BY_POLICY


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What `verify` found wrong with a stored version."""

    version_id: str
    reason: str


def version_id(coin: str, day: date, fingerprint: str) -> str:
    """Name of a version, for people and rows: BTC-2024-08-15-3fa9c1d2e4b5."""
    return f"{coin}-{day.isoformat()}-{fingerprint[:12]}"


def version_of_manifest(manifest: Manifest, encoded: bytes) -> ModelVersion:
    """The row of a manifest, whose bytes are `encoded`, without what only its fit knew: session, seconds, steps.

    Raises:
        StoreRefused: its coin, fingerprint or digest cannot be part of a key.
    """
    where, sha256 = (manifest.coin, manifest.day, manifest.fingerprint), sha256_hex(encoded)
    return ModelVersion(
        id=version_id(*where),
        coin=manifest.coin,
        day=manifest.day,
        fingerprint=manifest.fingerprint,
        architecture_digest=manifest.architecture.digest,
        weights_key=keys.model_weights(*where, manifest.weights_sha256),
        weights_sha256=manifest.weights_sha256,
        manifest_key=keys.model_manifest(*where, sha256),
        manifest_sha256=sha256,
        parent_id=manifest.parent_id,
        skill=manifest.metrics.get("validation", {}).get("skill"),
        metrics=manifest.metrics,
        code_version=manifest.code_version,
        created_at=manifest.created_at,
        candle_digest=manifest.candle_digest,
        arithmetic=manifest.arithmetic_text,
        session_id=None,
        resumed=False,
        fit_seconds=0.0,
        num_steps=0,
    )


def version_of(row: Row[Any]) -> ModelVersion:
    """The version that a row of `model_versions` holds."""
    return ModelVersion(**row._mapping)


def decision_of(row: Row[Any]) -> ChampionDecision:
    """The decision that a row of `champion_decisions` holds; coin_models 0.1 wrote `hand:` before who took it."""
    values = {name: value for name, value in row._mapping.items() if name != "id"}
    return ChampionDecision(**{**values, "decided_by": decided_by_of(row.decided_by)})


def decided_by_of(stored: str) -> str:
    """Who took a stored decision, in the words of this version."""
    return f"manual:{stored.removeprefix('hand:')}" if stored.startswith("hand:") else stored

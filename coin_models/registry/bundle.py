"""A model version as two objects: weights (safetensors) and a manifest (JSON) that describes them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any, Self

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load as load_tensors
from safetensors.numpy import save as save_tensors

from coin_models.errors import ModelDamaged, UsageError
from coin_models.features.scaling import FeatureScaling
from coin_models.models.architecture import FURTHER_SHARE, NETWORK_SHARE, Architecture, Weights
from coin_models.models.family import foreign_tensors, tensors_of
from coin_models.models.horizons import (
    architecture_at,
    horizon_name,
    main_minutes,
    main_tensors,
    num_horizon_tensors,
    tensors_at,
)
from coin_models.storage.object_store import sha256_hex

SCHEMA_VERSION = 1

Metrics = Mapping[str, Mapping[str, float | None]]
"""By split (`train`, `validation`), then by name (`pinball`, `skill`, `coverage`, ...)."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Manifest:
    """What a model's weights are, where they come from and how good they are."""

    coin: str
    day: date
    fingerprint: str
    parent_id: str | None  # version it started from; None: a full retrain
    candle_digest: str  # of the candles it was fitted on
    architecture: Architecture
    scaling: FeatureScaling
    max_fill_candles: int  # gaps up to this long are carried forward in the features
    settings: Mapping[str, Any]  # all that decided the fit, as JSON
    metrics: Metrics
    loss_curve: Mapping[str, tuple[float, ...]]  # by split, per epoch
    best_epoch: int
    code_version: str
    created_at: datetime
    horizons: Mapping[int, Mapping[str, float | None]] = field(default_factory=dict)
    """Further horizons in minutes, each with its validation metrics."""
    arithmetic: tuple[str, ...] = ()  # under which it was fitted, then under which it was resumed; empty: not recorded
    weights_sha256: str = ""  # set by `make_bundle`
    schema_version: int = SCHEMA_VERSION

    @property
    def arithmetic_text(self) -> str | None:
        """The arithmetics in one line, for rows and people; None where none is recorded."""
        return "; resumed under ".join(self.arithmetic) or None

    @property
    def plugins(self) -> tuple[tuple[str, str], ...]:
        """As `TrainingSettings.plugins`."""
        return (*self.architecture.plugins, *((("part", "horizons"),) if self.horizons else ()))

    def encode(self) -> bytes:
        """Readable JSON, the same for the same manifest."""
        content = {
            "schema_version": self.schema_version,
            "coin": self.coin,
            "day": self.day.isoformat(),
            "fingerprint": self.fingerprint,
            "parent_id": self.parent_id,
            "candle_digest": self.candle_digest,
            "architecture": self.architecture.to_json(),
            "scaling": {"center": self.scaling.center.tolist(), "scale": self.scaling.scale.tolist()},
            "max_fill_candles": self.max_fill_candles,
            "settings": dict(self.settings),
            "metrics": {split: dict(values) for split, values in self.metrics.items()},
            "loss_curve": {split: list(values) for split, values in self.loss_curve.items()},
            "best_epoch": self.best_epoch,
            "arithmetic": {"fitted_under": self.arithmetic[:1], "resumed_under": self.arithmetic[1:]},
            "code_version": self.code_version,
            "created_at": self.created_at.astimezone(UTC).isoformat(),
            "weights_sha256": self.weights_sha256,
        }
        if self.horizons:
            content["horizons"] = {str(minutes): dict(values) for minutes, values in self.horizons.items()}
        return json.dumps(content, indent=1, sort_keys=True, allow_nan=False).encode()

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Reads what `encode` wrote.

        Raises:
            ModelDamaged: it is no manifest, or one of a schema that this code does not know.
        """
        try:
            content = json.loads(data)
            version = content.pop("schema_version")
            if version != SCHEMA_VERSION:
                raise ModelDamaged(
                    f"manifest has schema version {version}, this code reads {SCHEMA_VERSION}: upgrade it"
                )
            return cls(**{**content, **_typed(content)})
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise ModelDamaged(f"manifest cannot be read: {type(error).__name__}: {error}") from error


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Bundle:
    """Weights and manifest that belong together: refuses weights of other shapes, values or digest."""

    manifest: Manifest
    weights: Weights
    encoded_weights: bytes = field(repr=False)

    def __post_init__(self) -> None:
        who = f"model of {self.manifest.coin}, {self.manifest.day}"
        if sha256_hex(self.encoded_weights) != self.manifest.weights_sha256:
            raise ModelDamaged(f"{who}: the weights' digest is not the one in the manifest")
        self._check_tensors(self.manifest.architecture, main_tensors(self.weights), who)
        num_more = 0
        for minutes in self.manifest.horizons:
            at, tensors = self._at(minutes)
            self._check_tensors(at, tensors, f"{who}, {horizon_name(minutes)} ahead")
            num_more += len(tensors) - len(at.parameter_shapes())
        if num_more != num_horizon_tensors(self.weights):
            raise ModelDamaged(f"{who}: it holds tensors of horizons that its manifest does not name")
        if self.manifest.scaling.center.shape != (self.manifest.architecture.num_features,):
            raise ModelDamaged(f"{who}: scaling of {len(self.manifest.scaling.center)} features does not fit")
        bad = [name for name, array in self.weights.items() if not np.isfinite(array).all()]
        if bad:
            raise ModelDamaged(f"{who}: {', '.join(bad)} holds values that are not finite")

    @staticmethod
    def _check_tensors(architecture: Architecture, weights: Weights, who: str) -> None:
        members = [name for name, _ in architecture.members]
        shapes = {name: array.shape for name, array in foreign_tensors(members, weights).items()}
        if shapes != architecture.tensor_shapes():
            raise ModelDamaged(f"{who}: the weights' names or shapes are not those of its architecture: {shapes}")
        if without := [name for name in members if not tensors_of(name, weights)]:
            raise ModelDamaged(f"{who}: it holds no tensor of its members {', '.join(without)}")

    def _at(self, minutes: int) -> tuple[Architecture, Weights]:
        architecture = self.manifest.architecture
        return architecture_at(architecture, minutes), tensors_at(architecture, minutes, self.weights)

    def at(self, minutes: int) -> "Bundle":
        """What forecasts another horizon of this version; itself for the main one.

        Raises:
            UsageError: the version does not forecast that horizon.
        """
        manifest, main = self.manifest, main_minutes(self.manifest.architecture)
        if minutes == main:
            return self
        if minutes not in manifest.horizons:
            names = ", ".join(map(horizon_name, sorted((main, *manifest.horizons))))
            raise UsageError(
                f"{manifest.coin}: its model of {manifest.day} forecasts {names} ahead, not {horizon_name(minutes)}; "
                "`training.more_horizons_minutes` names further ones, for models that are trained from then on"
            )
        architecture, weights = self._at(minutes)
        metrics = {"validation": manifest.horizons[minutes]}
        return make_bundle(replace(manifest, architecture=architecture, metrics=metrics, horizons={}), weights)

    @property
    def shares(self) -> dict[str, float]:
        """Each member's share in the mean that is forecast."""
        architecture = self.manifest.architecture
        network = float(self.weights[NETWORK_SHARE][0]) if architecture.has_reference else 1.0
        part = float(self.weights[FURTHER_SHARE][0]) if architecture.members else 0.0
        further = {name: part * share for name, share in architecture.members}
        rest = 1.0 - sum(further.values())
        return {"network": rest * network, "reference": rest * (1.0 - network), **further}

    @property
    def network(self) -> Weights:
        """The network's tensors: what a warm start continues, and is compared with."""
        return {name: self.weights[name] for name in self.manifest.architecture.parameter_shapes()}


def encode_weights(weights: Weights) -> bytes:
    """Safetensors of float32 arrays; the same bytes for the same weights."""
    return save_tensors({name: np.ascontiguousarray(weights[name], dtype=np.float32) for name in sorted(weights)})


def make_bundle(manifest: Manifest, weights: Weights) -> Bundle:
    """Encodes the weights and writes their digest into the manifest.

    Raises:
        ModelDamaged: the weights do not fit the manifest's architecture, or are not finite.
    """
    encoded = encode_weights(weights)
    manifest = replace(manifest, weights_sha256=sha256_hex(encoded))
    return Bundle(manifest=manifest, weights=dict(weights), encoded_weights=encoded)


def decode_bundle(manifest: bytes, weights: bytes) -> Bundle:
    """Reads both objects and checks one against the other.

    Raises:
        ModelDamaged: either cannot be read, or they do not belong together.
    """
    decoded = Manifest.decode(manifest)
    try:
        arrays = load_tensors(weights)
    except (SafetensorError, ValueError, KeyError) as error:
        raise ModelDamaged(f"weights of {decoded.coin}, {decoded.day} cannot be read: {error}") from error
    return Bundle(manifest=decoded, weights=arrays, encoded_weights=weights)


def _typed(content: Mapping[str, Any]) -> dict[str, Any]:
    created_at = datetime.fromisoformat(content["created_at"])
    if created_at.tzinfo is None:
        raise ValueError(f"created_at {content['created_at']!r} has no time zone")
    return {
        "day": date.fromisoformat(content["day"]),
        "architecture": Architecture.from_json(content["architecture"]),
        "scaling": FeatureScaling(
            center=np.array(content["scaling"]["center"], dtype=np.float32),
            scale=np.array(content["scaling"]["scale"], dtype=np.float32),
        ),
        "loss_curve": {split: tuple(values) for split, values in content["loss_curve"].items()},
        "created_at": created_at,
        "arithmetic": _arithmetic(content.get("arithmetic", {})),
        "horizons": {int(minutes): values for minutes, values in content.get("horizons", {}).items()},
    }


def _arithmetic(content: Mapping[str, list[str]]) -> tuple[str, ...]:
    """Nothing in a manifest of coin_models 0.1."""
    return (*content.get("fitted_under", ()), *content.get("resumed_under", ()))

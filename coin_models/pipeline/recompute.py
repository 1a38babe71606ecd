"""Retrains published versions from the inputs in their manifests and compares the bytes. Nothing is published."""

import random
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path

import numpy as np

from coin_models.errors import CoinModelsError, RegistryError
from coin_models.features.feature_sets import OwnFeatures, own_tables
from coin_models.features.own_table import with_tables
from coin_models.market.candles import Candles
from coin_models.models.architecture import Weights
from coin_models.pipeline.plan.recipe import architecture_of
from coin_models.pipeline.services import Services
from coin_models.pipeline.warm_up import import_trainer
from coin_models.registry.bundle import Manifest, encode_weights
from coin_models.registry.fingerprint import training_code_version
from coin_models.registry.versions import ModelVersion
from coin_models.settings.training import HARDWARE, TrainingSettings
from coin_models.storage.memory import MemoryStore
from coin_models.storage.object_store import sha256_hex
from coin_models.training.fit.samples import first_candle_day, samples_of
from coin_models.training.fit.tasks import CohortTask, CoinTask
from coin_models.training.results import CohortResult


class RecomputeResult(StrEnum):
    """The outcome of one version."""

    EQUAL = "equal"
    DIFFERENT = "different"
    IMPOSSIBLE = "cannot be recomputed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recomputed:
    """One version, fitted again."""

    version_id: str
    verdict: RecomputeResult
    reason: str  # of a difference or of why it is impossible; empty where equal
    published_under: str | None  # arithmetic
    recomputed_under: str | None


class _ImpossibleError(Exception):
    """The version cannot be fitted again here; the text says why."""


def recompute(services: Services, num: int, *, seed: int = 0) -> Iterator[Recomputed]:
    """Fits `num` published versions again, chosen at random, and compares their weights byte by byte.

    Args:
        services: where everything is.
        num: the highest number.
        seed: of the choice.

    Raises:
        TrainerUnavailable: this machine cannot train.
    """
    versions = sorted(services.registry.versions(), key=lambda version: version.id)
    chosen = random.Random(seed).sample(versions, min(num, len(versions)))  # noqa: S311 - a sample, no secret
    if chosen:
        import_trainer(services.settings.training).result()
    for version in chosen:
        yield recompute_version(services, version)


def recompute_version(services: Services, version: ModelVersion) -> Recomputed:
    """Fits one version again from its inputs and compares its weights."""
    try:
        manifest = services.registry.bundle(version).manifest
        result = _fit(services, _task(services, version, manifest))
    except _ImpossibleError as why:
        return _outcome(version, RecomputeResult.IMPOSSIBLE, str(why))
    except CoinModelsError as error:
        return _outcome(version, RecomputeResult.IMPOSSIBLE, str(error))
    under = "; resumed under ".join(result.arithmetic)
    if version.coin not in result.coins:
        return _outcome(
            version, RecomputeResult.DIFFERENT, f"the fit now fails: {result.failures[version.coin]}", under
        )
    weights_sha256 = sha256_hex(encode_weights(result.coins[version.coin].weights))
    if weights_sha256 == version.weights_sha256:
        return _outcome(version, RecomputeResult.EQUAL, "", under)
    return _outcome(
        version,
        RecomputeResult.DIFFERENT,
        f"weights {weights_sha256[:12]}, published {version.weights_sha256[:12]}",
        under,
    )


def _outcome(version: ModelVersion, verdict: RecomputeResult, reason: str, under: str | None = None) -> Recomputed:
    return Recomputed(
        version_id=version.id,
        verdict=verdict,
        reason=reason,
        published_under=version.arithmetic,
        recomputed_under=under,
    )


def _task(services: Services, version: ModelVersion, manifest: Manifest) -> CohortTask:
    """The fit of one version, as it was requested when it was published."""
    code = training_code_version(manifest.plugins)
    if manifest.code_version != code:
        raise _ImpossibleError(f"other training code: {manifest.code_version[:12]}, here {code[:12]}")
    training = _training(services, manifest)
    here = architecture_of(services.settings.model_copy(update={"training": training}))
    if here != manifest.architecture:
        raise _ImpossibleError(f"other architecture: {manifest.architecture.digest[:12]}, here {here.digest[:12]}")
    fill_minutes = manifest.max_fill_candles * services.timeframe.seconds // 60
    market = services.settings.market.model_copy(update={"max_fill_minutes": fill_minutes})
    first = first_candle_day(manifest.day, training)
    candles = services.candles.read_range([manifest.coin], first, manifest.day)[manifest.coin]
    _check_candles(services, manifest, candles, first, training)
    own = OwnFeatures(coin=manifest.coin, sets=training.features)
    samples = samples_of(candles, manifest.day, training, market, own)
    task = CoinTask(
        coin=manifest.coin,
        features=samples.features,
        targets=samples.targets,
        split=samples.split,
        fingerprint=manifest.fingerprint,
        parent=_parent(services, version),
    )
    return CohortTask(day=manifest.day, coins=(task,), training=training, architecture=here)


def _training(services: Services, manifest: Manifest) -> TrainingSettings:
    """The version's own settings on this machine's hardware."""
    hardware = services.settings.training.model_dump(include=set(HARDWARE))
    return TrainingSettings.model_validate({**manifest.settings, **hardware})


def _check_candles(
    services: Services, manifest: Manifest, candles: Candles, first: date, training: TrainingSettings
) -> None:
    """The digest is of the window's days; manifests that were written before days had digests hold that of the candles."""
    if not len(candles):
        raise _ImpossibleError(f"its candles are missing: none is stored from {first} to {manifest.day}")
    history = services.candle_index.histories([manifest.coin], first, manifest.day)[manifest.coin]
    history = with_tables(history, own_tables(training.features, manifest.coin))
    ordinals, num_days = np.array([manifest.day.toordinal()]), (manifest.day - first).days + 1
    window = history.window_digest(ordinals, num_days)[0].tobytes().hex()
    if manifest.candle_digest not in (window, candles.digest()):
        raise _ImpossibleError(f"other candles are stored now: {window[:12]}, fitted on {manifest.candle_digest[:12]}")


def _parent(services: Services, version: ModelVersion) -> Weights | None:
    if version.parent_id is None:
        return None
    try:
        return services.registry.bundle(services.registry.version(version.parent_id)).weights
    except RegistryError as error:
        raise _ImpossibleError(f"its parent {version.parent_id} is missing: {error}") from error


def _fit(services: Services, task: CohortTask) -> CohortResult:
    from coin_models.training.checkpoints.chain import open_chain
    from coin_models.training.interruption.providers import build_preemption_monitor
    from coin_models.training.run_fit import fit_cohort

    interruption = services.settings.interruption
    with tempfile.TemporaryDirectory() as folder, build_preemption_monitor(interruption) as notice:
        return fit_cohort(
            task,
            checkpoints=open_chain(MemoryStore(), Path(folder), task, interruption, services.clock),
            notice=notice,
            progress=services.progress,
            lease_alive=lambda: True,
        )


def any_different(recomputed: Sequence[Recomputed]) -> bool:
    """Whether a version was fitted to other bytes."""
    return any(one.verdict is RecomputeResult.DIFFERENT for one in recomputed)

"""The pool: the mean of the newest references of the universe's coins, as a model of a coin that has none of its own.

It is never stored: the same versions give the same bytes, in whatever order and on whichever machine they were made. No candle
of the young coin is in it, and none later than the trading days of its versions. Who is young: `pipeline/young_coins.py`.
"""

import hashlib
from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

import numpy as np

from coin_models.errors import CoinModelsError
from coin_models.models.architecture import NETWORK_SHARE, Architecture
from coin_models.models.pooled import pooled_reference
from coin_models.models.reference import Reference
from coin_models.registry.bundle import Bundle, make_bundle
from coin_models.registry.forecast import LoadedModel
from coin_models.registry.models_in_use import ModelInUse
from coin_models.registry.registry import Registry
from coin_models.registry.versions import ModelVersion, version_of_manifest

MIN_COINS: Final = 3  # of fewer, one coin's oddity would be the pool's
MAX_COINS: Final = 20  # nine others are as good as a coin's own 90 days (docs/adr/0134); more cost loading
_DAYS: Final = 7  # versions that are older than the newest by more are of coins that are no longer trained
_THREADS: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pool:
    """Versions with a reference that read the same inputs and forecast the same; one a coin, in the order of their names."""

    versions: tuple[ModelVersion, ...]
    bundles: tuple[Bundle, ...]

    def model(self, coin: str) -> ModelInUse:
        """What forecasts a young coin; its manifest names the versions in `settings.pooled_from`, its network is empty."""
        newest = max(self.bundles, key=lambda bundle: bundle.manifest.day).manifest
        reference = pooled_reference([Reference.of_tensors(bundle.weights) for bundle in self.bundles])
        architecture = replace(newest.architecture, members=())
        ids = [version.id for version in self.versions]
        manifest = replace(
            newest,
            coin=coin,
            fingerprint=_digest([bundle.manifest.weights_sha256 for bundle in self.bundles]),
            candle_digest=_digest([bundle.manifest.candle_digest for bundle in self.bundles]),
            parent_id=None,
            architecture=architecture,
            settings={"pooled_from": ids},
            metrics={},
            loss_curve={},
            best_epoch=0,
            arithmetic=(),
        )
        weights = {name: np.zeros(shape, np.float32) for name, shape in architecture.parameter_shapes().items()}
        weights |= {NETWORK_SHARE: np.zeros(1, np.float32), **reference.tensors()}
        made = make_bundle(manifest, weights)
        name = f"pool-{manifest.day.isoformat()}-{manifest.fingerprint[:12]}"
        version = replace(version_of_manifest(made.manifest, made.manifest.encode()), id=name)
        model = LoadedModel(bundle=made, version_id=name, only_reference=True, pooled_from=tuple(ids))
        return ModelInUse(version=version, model=model)


def read_pool(registry: Registry, universe: Collection[str], before: Pool | None = None) -> Pool | None:
    """The pool of these coins' newest versions; None where fewer than `MIN_COINS` have one that fits.

    Only what is not in the pool of `before` is loaded; where nothing has changed, that one is returned.

    Of the coins with a version of the last `_DAYS` days the first `MAX_COINS` by name; a version that cannot be read, or that
    reads or forecasts something else than the newest does, is left out.

    Raises:
        DatabaseError: the versions cannot be read.
    """
    newest = registry.newest(universe)
    if len(newest) < MIN_COINS:
        return None
    since = max(version.day for version in newest.values()) - timedelta(days=_DAYS)
    chosen = [newest[coin] for coin in sorted(newest) if newest[coin].day > since][:MAX_COINS]
    if before is not None and before.versions == tuple(chosen):
        return before
    loaded = (
        {} if before is None else {one.id: bundle for one, bundle in zip(before.versions, before.bundles, strict=True)}
    )
    with ThreadPoolExecutor(_THREADS, thread_name_prefix="pool") as threads:
        read = list(threads.map(lambda version: loaded.get(version.id) or _bundle(registry, version), chosen))
    pairs = [(version, bundle) for version, bundle in zip(chosen, read, strict=True) if bundle is not None]
    fitting = [bundle.manifest for _, bundle in pairs if bundle.manifest.architecture.has_reference]
    if not fitting:
        return None
    wanted = _what_it_forecasts(max(fitting, key=lambda manifest: manifest.day).architecture)
    pairs = [pair for pair in pairs if _what_it_forecasts(pair[1].manifest.architecture) == wanted]
    if len(pairs) < MIN_COINS:
        return None
    return Pool(versions=tuple(version for version, _ in pairs), bundles=tuple(bundle for _, bundle in pairs))


def _bundle(registry: Registry, version: ModelVersion) -> Bundle | None:
    try:
        return registry.bundle(version)
    except CoinModelsError:
        return None  # what is wrong with it, `models verify` and its own coin's forecast say


def _what_it_forecasts(architecture: Architecture) -> tuple[object, ...]:
    return (
        architecture.has_reference,
        architecture.feature_names,
        architecture.width_names,
        architecture.feature_sets,
        architecture.timeframe,
        architecture.horizon,
        architecture.quantiles,
    )


def _digest(parts: Sequence[str]) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()

"""What forecasts each coin, in memory: its champion, else the reference of its newest version.

Which versions these are takes two queries for any number of coins; they are loaded in parallel, and once for the same content.
"""

from collections.abc import Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Final

from coin_models.errors import CoinModelsError, RegistryError
from coin_models.registry.champions import ChampionLog
from coin_models.registry.forecast import LoadedModel
from coin_models.registry.registry import Registry
from coin_models.registry.versions import ModelVersion

_THREADS: Final = 8  # a get from S3 takes 30 to 100 ms


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelInUse:
    """A version that forecasts its coin, and its model."""

    version: ModelVersion
    model: LoadedModel


@dataclass(frozen=True, slots=True, kw_only=True)
class InUse:
    """What forecasts some coins at one moment; every coin is in one of the two."""

    models: Mapping[str, ModelInUse]  # by coin
    failures: Mapping[str, CoinModelsError]  # by coin: nothing forecasts it, or its version cannot be loaded


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    """A version that is to forecast, by its content."""

    version: ModelVersion
    only_reference: bool

    @property
    def content(self) -> tuple[str, str, str, bool]:
        return self.version.id, self.version.manifest_sha256, self.version.weights_sha256, self.only_reference


class ModelsInUse:
    """The models that forecast; of the coins that were read last, they stay in memory."""

    def __init__(self, log: ChampionLog, registry: Registry) -> None:
        self._log, self._registry = log, registry
        self._loaded: dict[tuple[str, str, str, bool], LoadedModel] = {}

    def one(self, coin: str) -> ModelInUse:
        """What forecasts this coin.

        Raises:
            RegistryError: it has neither a champion nor a version with a reference.
            ModelDamaged: its stored bytes are not those that were published.
        """
        in_use = self.read([coin])
        if coin in in_use.failures:
            raise in_use.failures[coin]
        return in_use.models[coin]

    def read(self, coins: Collection[str]) -> InUse:
        """What forecasts these coins now; only what was not in memory is loaded.

        Raises:
            DatabaseError: the versions cannot be read. What fails for one coin is among the failures.
        """
        wanted = self._wanted(coins)
        loaded = dict(zip(wanted, self._load_all(wanted.values()), strict=True))
        self._loaded = {wanted[coin].content: model for coin, model in loaded.items() if isinstance(model, LoadedModel)}
        models, failures = {}, {}
        for coin in coins:
            model = loaded.get(coin)
            if isinstance(model, LoadedModel):
                models[coin] = ModelInUse(version=wanted[coin].version, model=model)
            else:
                failures[coin] = model or RegistryError(nothing_forecasts(coin))
        return InUse(models=models, failures=failures)

    def _wanted(self, coins: Collection[str]) -> dict[str, _Wanted]:
        """Coins of which no version is published are left out."""
        champions = [version_id for version_id in self._log.champions(coins).values() if version_id is not None]
        by_coin = {version.coin: version for version in self._registry.named(champions)}
        wanted = {coin: _Wanted(version=version, only_reference=False) for coin, version in by_coin.items()}
        newest = self._registry.newest([coin for coin in coins if coin not in wanted])
        return wanted | {coin: _Wanted(version=version, only_reference=True) for coin, version in newest.items()}

    def _load_all(self, wanted: Collection[_Wanted]) -> Iterable[LoadedModel | CoinModelsError | None]:
        if all(one.content in self._loaded for one in wanted):
            return [self._loaded[one.content] for one in wanted]
        with ThreadPoolExecutor(_THREADS, thread_name_prefix="load-model") as threads:
            return list(threads.map(self._load, wanted))

    def _load(self, wanted: _Wanted) -> LoadedModel | CoinModelsError | None:
        """The model, or why it cannot be loaded; None for a version without a reference that is no champion."""
        if wanted.content in self._loaded:
            return self._loaded[wanted.content]
        try:
            model = self._registry.load(wanted.version)
        except CoinModelsError as error:
            return error
        if not wanted.only_reference:
            return model
        return replace(model, only_reference=True) if model.manifest.architecture.has_reference else None


def nothing_forecasts(coin: str) -> str:
    """The sentence for a coin that has neither a champion nor a version with a reference."""
    return (
        f"nothing forecasts {coin}: it has no champion, and no version with a reference; "
        f"`coin-models models list --coins {coin}` shows its versions, `coin-models retrain --coins {coin}` makes one"
    )

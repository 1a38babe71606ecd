"""The candidate versions of one coin on a trading day: loaded at most once, with their problems and records.

The caller passes the versions in: `registry` is not imported. The rules are in `promotion`.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from coin_models.errors import ModelDamaged, ModelOutdated, UsageError
from coin_models.settings.levels import ForecastInterval
from coin_models.settings.trading import TradingSettings
from coin_models.trading.contests import Contests
from coin_models.trading.decisions import CoinState, Contender
from coin_models.trading.promotion import VersionRef, choose_challenger, find_faults
from coin_models.trading.repository import ShadowRepository
from coin_models.trading.shadow_day import Forecaster, ForecastShape, Members, ShadowDay
from coin_models.trading.soundness import Weights, find_validation_problems, find_weight_problems

_logger = logging.getLogger(__name__)

_MAX_FALLBACKS = 10  # versions that a rollback looks at: loading more would find nothing newer


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedVersion:
    """A version of the coin, as far as trading needs it."""

    version_id: str
    day: date
    resumed: bool
    parent_id: str | None
    weights_sha256: str
    skill: float | None  # on the validation days
    validation: Mapping[str, float | None]  # metrics of those days: `coverage_<level>` of each quantile

    @property
    def ref(self) -> VersionRef:
        """Its name and day."""
        return VersionRef(version_id=self.version_id, day=self.day, weights_sha256=self.weights_sha256)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TradableModel:
    """A loaded version."""

    forecaster: Forecaster
    shape: ForecastShape
    weights: Weights
    reference: Forecaster | None = None  # what it forecasts by its reference alone; None: it holds none
    feature_sets: tuple[str, ...] = ()  # whose columns it reads beside the product's

    @property
    def members(self) -> Members:
        """What is scored of it."""
        return Members(forecaster=self.forecaster, reference=self.reference)


class CandidateVersions:
    """The versions of one coin on one day."""

    def __init__(
        self,
        coin: str,
        day: date,
        versions: Sequence[PublishedVersion],
        shadow: ShadowRepository,
        load: Callable[[str], TradableModel],
        settings: TradingSettings,
    ) -> None:
        self._coin, self._day, self._load_model, self._settings = coin, day, load, settings
        self._versions = sorted(
            (version for version in versions if version.day <= day), key=lambda v: (v.day, v.version_id), reverse=True
        )
        ids = [version.version_id for version in self._versions]
        self._records = shadow.out_of_sample_days(ids, day - timedelta(days=1))
        self._models: dict[str, TradableModel | ModelDamaged | ModelOutdated] = {}

    @property
    def unreadable(self) -> Mapping[str, str]:
        """Versions that were to be loaded and whose bundles are damaged, with the reason."""
        return {name: str(model) for name, model in self._models.items() if isinstance(model, ModelDamaged)}

    def champion(self, champion_id: str | None) -> PublishedVersion | None:
        """The champion among the versions.

        Raises:
            UsageError: it is no version of an earlier day.
        """
        if champion_id is None:
            return None
        found = [version for version in self._versions if version.version_id == champion_id and version.day < self._day]
        if not found:
            raise UsageError(f"{self._coin}: champion {champion_id} is no version of a day before {self._day}")
        return found[0]

    def challenger(self, champion: PublishedVersion | None, refused: frozenset[str]) -> PublishedVersion | None:
        """The version that is judged on the day, beside the champion or alone; None without one."""
        by_id = {version.version_id: version for version in self._versions}
        chosen = choose_challenger(
            champion.ref if champion is not None else None,
            [version.ref for version in self._versions if version.day < self._day],
            refused=refused,
        )
        return by_id[chosen.version_id] if chosen is not None else None

    def model(self, version_id: str) -> TradableModel | None:
        """The loaded version; None where its bundle is damaged or outdated, which becomes a problem of it."""
        if version_id not in self._models:
            try:
                self._models[version_id] = self._load_model(version_id)
            except (ModelDamaged, ModelOutdated) as error:
                _logger.warning("version cannot be loaded", extra={"version_id": version_id, "reason": str(error)})
                self._models[version_id] = error
        model = self._models[version_id]
        return model if isinstance(model, TradableModel) else None

    def feature_sets(self, *versions: PublishedVersion | None) -> tuple[str, ...]:
        """The feature sets that these versions read, and what forecast on the day before."""
        loaded = [(version, self.model(version.version_id)) for version in versions if version is not None]
        for version, model in loaded:
            if model is not None:
                self.before(version, model.shape)
        found = [model.feature_sets for model in self._models.values() if isinstance(model, TradableModel)]
        return tuple(sorted({name for sets in found for name in sets}))

    def before(self, version: PublishedVersion, shape: ForecastShape) -> Members | None:
        """What forecast the last horizon of the day before: this version if it was there, else who traded that day."""
        yesterday = self._day - timedelta(days=1)
        traded = (
            known
            for known in self._versions
            if known.day < yesterday and any(found.day == yesterday for found in self._records[known.version_id])
        )
        forecaster = version if version.day < yesterday else next(traded, None)
        model = self.model(forecaster.version_id) if forecaster is not None else None
        same = model is not None and (model.shape.levels, model.shape.horizon) == (shape.levels, shape.horizon)
        return model.members if model is not None and same and model.shape.window == shape.window else None

    def are_comparable(self, champion: PublishedVersion | None, challenger: PublishedVersion | None) -> bool:
        """Whether the losses of both mean the same: their levels and their horizon are equal, or one is not there."""
        models = [self.model(version.version_id) for version in (champion, challenger) if version is not None]
        return len({(model.shape.levels, model.shape.horizon) for model in models if model is not None}) < 2

    def add(self, result: ShadowDay) -> None:
        """Adds the day that was just traded to its version's record."""
        version_id = result.trader.version_id
        self._records[version_id] = (*self._records[version_id], result.out_of_sample())

    def state(
        self,
        champion: PublishedVersion | None,
        challenger: PublishedVersion | None,
        contests: Contests,
        refused: frozenset[str],
        chosen_on: date | None,
    ) -> CoinState:
        """What the decision rests on, with the fallbacks of a champion that is broken."""
        state = CoinState(
            coin=self._coin,
            day=self._day,
            champion=self._contender(champion, chosen_on) if champion is not None else None,
            challenger=self._contender(challenger) if challenger is not None else None,
            contests=contests,
        )
        if state.champion is None or not find_faults(state.champion, self._settings):
            return state
        return replace(state, fallbacks=self._fallbacks(state.champion, refused))

    def _fallbacks(self, champion: Contender, refused: frozenset[str]) -> tuple[Contender, ...]:
        left_out = refused | {champion.version_id}
        versions = [version for version in self._versions if version.version_id not in left_out]
        return tuple(self._contender(version) for version in versions[:_MAX_FALLBACKS])

    def _contender(self, version: PublishedVersion, chosen_on: date | None = None) -> Contender:
        record, model = self._records[version.version_id], self.model(version.version_id)
        return Contender(
            version_id=version.version_id,
            day=version.day,
            problems=self._problems(version, is_chosen=chosen_on is not None),
            record=record if chosen_on is None else tuple(found for found in record if found.day > chosen_on),
            has_reference=model is None or model.reference is not None,
        )

    def _problems(self, version: PublishedVersion, *, is_chosen: bool) -> tuple[str, ...]:
        model = self.model(version.version_id)
        if model is None:
            return (str(self._models[version.version_id]),)
        if is_chosen:
            return find_weight_problems(model.weights, None, self._settings)
        parent = self.model(version.parent_id) if version.parent_id is not None else None
        interval = ForecastInterval.of(model.shape.levels)
        return (
            *find_weight_problems(model.weights, parent.weights if parent is not None else None, self._settings),
            *find_validation_problems(version.skill, interval.coverage(version.validation), interval, self._settings),
        )

"""Writes the shadow trades of coins over days, their forecasts and the decisions about their champions; coins are independent.

A coin's day is written in one transaction: shadow days, trades, which object holds its forecasts, the decision, and the
digest of their inputs.

The rules of trading and promotion are in trading/.
"""

import logging
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from sqlalchemy import Connection

from coin_models.db.schema import DECIDED_BY_POLICY
from coin_models.errors import CoinModelsError, SourceUnavailable
from coin_models.market.candles import Candles
from coin_models.market.eligibility import explain
from coin_models.pipeline.candle_reads import read_ahead
from coin_models.pipeline.derived.digests import DerivedKind, provisional
from coin_models.pipeline.derived.facts import VERSION_DAYS, DerivedFacts, previous_of
from coin_models.pipeline.derived.gather import gather_facts, pick_counted
from coin_models.pipeline.derived.inputs import Inputs, read_inputs
from coin_models.pipeline.derived.repository import write_digest
from coin_models.pipeline.plan.recipe import first_candle_day
from coin_models.pipeline.services import Services
from coin_models.registry.champions import ChampionLog, chosen_manually
from coin_models.registry.versions import ChampionDecision, ModelVersion
from coin_models.trading.candidates import PublishedVersion, TradableModel
from coin_models.trading.contests import Contests
from coin_models.trading.decisions import Decision, refused_versions
from coin_models.trading.history.codec import encode_day
from coin_models.trading.history.day import DayForecasts, forecasts_of_day
from coin_models.trading.history.recorder import ForecastRecorder
from coin_models.trading.repository import ShadowRepository
from coin_models.trading.shadow_day import ForecastShape
from coin_models.trading.shadow_trader import ShadowTrader, TradedDay

logger = logging.getLogger(__name__)

COIN_ERRORS = (CoinModelsError, ValueError, ArithmeticError)
"""What is caught around one coin's step: it must not stop the others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TradedCoin:
    """A coin's trading day, or why there is none. Both: it was traded, but a model could not be read."""

    coin: str
    day: date
    traded: TradedDay | None = None
    failure: str | None = None


def trade_day(
    services: Services, day: date, coins: Sequence[str], *, inputs: Inputs | None = None
) -> Iterator[TradedCoin]:
    """Trades the day with the champions of the days before it; the same rows however often it is run."""
    yield from TradingSpan(services, coins, day, day, inputs).trade({coin: [day] for coin in coins})


class TradingSpan:
    """Coins and a span of days whose facts were read together."""

    def __init__(
        self, services: Services, coins: Sequence[str], first: date, last: date, inputs: Inputs | None = None
    ) -> None:
        self._services = services
        self._inputs = inputs or read_inputs(services, coins, first, last)
        self.facts: DerivedFacts = gather_facts(services, coins, first, last, self._inputs)
        self._stored = {coin: dict(days) for coin, days in self.facts.trades.items()}
        self._versions = self._counted(coins, first - timedelta(days=VERSION_DAYS - 1), last)
        self._log = ChampionLog(services.database)
        self._shadow = ShadowRepository(services.database, services.clock)

    def trade(self, wanted: Mapping[str, Collection[date]]) -> Iterator[TradedCoin]:
        """Trades these days of each coin, oldest first; a coin's later days are left where one of its days failed."""
        yield from self._trade_each(wanted, only_stale=False)

    def trade_stale(self, wanted: Mapping[str, Collection[date]]) -> Iterator[TradedCoin]:
        """Of these days of each coin, trades those that are stale by the time that the ones before them are done."""
        stale = {
            coin: [day for day in days if day >= first]
            for coin, days in wanted.items()
            if (first := min((day for day in days if not self.is_current(coin, day)), default=None)) is not None
        }
        yield from self._trade_each(stale, only_stale=True)

    def _trade_each(self, wanted: Mapping[str, Collection[date]], *, only_stale: bool) -> Iterator[TradedCoin]:
        spans = {coin: (self._first_candle_day(min(days)), max(days)) for coin, days in wanted.items() if days}
        for coin, candles in read_ahead(self._services.candles, spans):
            for day in sorted(wanted[coin]):
                if only_stale and self.is_current(coin, day):
                    continue
                made = self._attempt(coin, day, candles)
                yield made
                if made.traded is None:
                    break

    def is_current(self, coin: str, day: date) -> bool:
        """Whether the coin's day was made from what there is now, given the day before it as it is stored."""
        stored = self._stored.get(coin, {})
        return stored.get(day) == self.facts.trades_digest(coin, day, previous_of(stored, day))

    def _attempt(self, coin: str, day: date, candles: Candles | CoinModelsError) -> TradedCoin:
        try:
            if isinstance(candles, CoinModelsError):
                raise candles
            traded = self._trade(coin, day, candles)
        except COIN_ERRORS as error:
            level = logging.INFO if isinstance(error, SourceUnavailable) else logging.WARNING  # its candles are late
            logger.log(level, "%s of %s was not traded: %s", coin, day, error)
            return TradedCoin(coin=coin, day=day, failure=str(error))
        failure = "; ".join(traded.unreadable.values()) or None
        return TradedCoin(coin=coin, day=day, traded=traded, failure=failure)

    def _trade(self, coin: str, day: date, candles: Candles) -> TradedDay:
        standing = self._standing(coin, day)
        champion = self._champion(coin, standing[0].version_id if standing else None)
        history = candles.slice_days(self._first_candle_day(day), day)
        versions = self._versions_of(coin, day, champion)
        if any(version.day < day for version in versions):
            self._require_stored(coin, day, history)
        recorder = ForecastRecorder(lambda version_id: _load(self._services, version_id))
        traded = self._trader(recorder).trade(
            coin,
            day,
            history,
            champion_id=champion.id if champion else None,
            versions=versions,
            refused=refused_versions(decision.statistics for decision in standing),
            contests=Contests.of_statistics(decision.statistics for decision in standing if not decision.is_manual),
            chosen_on=chosen_manually(standing, champion.id) if champion else None,
        )
        version_days = {version.version_id: version.day for version in versions}
        made = forecasts_of_day(coin, day, history, traded.results, recorder, version_days)
        self._write(coin, day, traded, made)
        return traded

    def _trader(self, recorder: ForecastRecorder) -> ShadowTrader:
        settings = self._services.settings
        return ShadowTrader(shadow=self._shadow, load=recorder.load, market=settings.market, settings=settings.trading)

    def _write(self, coin: str, day: date, traded: TradedDay, made: DayForecasts) -> None:
        stored = self._stored.setdefault(coin, {})
        wanted = self.facts.trades_digest(coin, day, previous_of(stored, day))
        made_from = provisional(wanted, traded.unreadable)
        decision = _policy_decision(traded.decision, self._services)
        index = self._services.forecasts
        recorded = index.store(encode_day(made))

        def work(connection: Connection) -> None:
            write_digest(connection, DerivedKind.TRADES, day, coin, made_from, decision.decided_at)
            self._shadow.replace_day(connection, coin, day, traded.results, drift=traded.drift)
            index.replace(connection, recorded)
            self._log.write(connection, decision)

        self._services.database.transact(work)
        stored[day] = made_from

    def _standing(self, coin: str, day: date) -> list[ChampionDecision]:
        """Decisions of the days before, as far back as they matter.

        Versions that may be refused are no older than `VERSION_DAYS`; who made a champion may be asked of longer ago.
        """
        standing = self._log.standing(coin, before=day, since=day - timedelta(days=VERSION_DAYS))
        if len({decision.version_id for decision in standing}) > 1:
            return standing
        return self._log.standing(coin, before=day)

    def _champion(self, coin: str, version_id: str | None) -> ModelVersion | None:
        if version_id is None:
            return None
        counted = (version for version in self._versions.get(coin, ()) if version.id == version_id)
        return next(counted, None) or self._services.registry.version(version_id)

    def _versions_of(self, coin: str, day: date, champion: ModelVersion | None) -> list[PublishedVersion]:
        first = day - timedelta(days=VERSION_DAYS - 1)
        versions = [version for version in self._versions.get(coin, ()) if first <= version.day <= day]
        if champion is not None and champion.id not in {version.id for version in versions}:
            versions.append(champion)
        return [published_version(version) for version in versions]

    def _counted(self, coins: Sequence[str], first: date, last: date) -> dict[str, list[ModelVersion]]:
        published = self._services.registry.between(coins, first, last)
        keyed = [(version.coin, version.day, version.fingerprint, version) for version in published]
        by_coin: dict[str, list[ModelVersion]] = {}
        for coin, _, _, version in pick_counted(keyed, self._inputs.wanted):
            by_coin.setdefault(coin, []).append(version)
        return by_coin

    def _require_stored(self, coin: str, day: date, history: Candles) -> None:
        """A day is traded once every day of its window was requested: what is not known is not the same as no candles.

        A coin without a candle in the whole window was delisted: no day will be stored any more.
        """
        if not len(history):
            return
        settings, first = self._services.settings, self._first_candle_day(day)
        stored = self._services.candle_index.histories([coin], first, day)[coin]
        eligibility = explain(stored, day, settings.market, settings.training.lookback_days)
        if not eligibility.eligible and not eligibility.rule.is_skip:
            raise SourceUnavailable(f"{coin} cannot be traded on {day} yet: {eligibility.reason}")

    def _first_candle_day(self, day: date) -> date:
        return first_candle_day(day, self._services.settings)


def _policy_decision(decision: Decision, services: Services) -> ChampionDecision:
    return ChampionDecision(
        coin=decision.coin,
        day=decision.day,
        version_id=decision.version_id,
        decision=decision.verdict.value,
        reason=decision.reason,
        decided_by=DECIDED_BY_POLICY,
        decided_at=services.clock.now(),
        statistics=decision.log_statistics(),
    )


def published_version(version: ModelVersion) -> PublishedVersion:
    """A registry's version, as far as trading needs it."""
    return PublishedVersion(
        version_id=version.id,
        day=version.day,
        resumed=version.resumed,
        parent_id=version.parent_id,
        weights_sha256=version.weights_sha256,
        skill=version.skill,
        validation=version.metrics.get("validation", {}),
    )


def _load(services: Services, version_id: str) -> TradableModel:
    model = services.registry.load(services.registry.version(version_id))
    architecture = model.manifest.architecture
    return TradableModel(
        forecaster=model,
        shape=ForecastShape(levels=architecture.quantiles, horizon=architecture.horizon, window=architecture.window),
        weights=model.bundle.network,
        reference=replace(model, only_reference=True) if architecture.has_reference else None,
        feature_sets=model.feature_sets,
    )

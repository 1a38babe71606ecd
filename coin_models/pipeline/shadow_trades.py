"""Shadow trades of a day for every coin, and the decision about each coin's champion.

Belongs here: handing the desk its champion, versions and candles, and logging what it decided. Not here: policy, costs,
the rules of promotion (trading/).
"""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from coin_models.db.schema import DECIDED_BY_POLICY
from coin_models.errors import CoinModelsError
from coin_models.pipeline.services import Services
from coin_models.pipeline.train.prepare import first_candle_day
from coin_models.registry.champions import ChampionLog, chosen_by_hand
from coin_models.registry.versions import ChampionDecision, ModelVersion
from coin_models.trading.decisions import refused_versions
from coin_models.trading.desk import PublishedVersion, ShadowTrader, TradableModel, TradedDay
from coin_models.trading.repository import ShadowRepository
from coin_models.trading.shadow_day import ForecastShape

logger = logging.getLogger(__name__)

_VERSIONS_KNOWN = 40  # of the newest: a champion of long ago is added to them


@dataclass(frozen=True, slots=True, kw_only=True)
class TradedCoin:
    """What came of a coin's day, or why nothing did."""

    coin: str
    traded: TradedDay | None = None
    failure: str | None = None


def trade_day(services: Services, day: date, coins: Sequence[str]) -> Iterator[TradedCoin]:
    """Trades the day with the champions of the days before it; the same rows however often it is run."""
    log = ChampionLog(services.database)
    champions = log.champions(day - timedelta(days=1))
    candles = services.candles.read_range(coins, first_candle_day(day, services.settings), day)
    desk = ShadowTrader(
        shadow=ShadowRepository(services.database, services.clock),
        load=lambda version_id: _load(services, version_id),
        market=services.settings.market,
        settings=services.settings.trading,
    )
    for coin in coins:
        try:
            champion = champions.get(coin)
            standing = log.standing(coin, before=day)
            traded = desk.trade(
                coin,
                day,
                candles[coin],
                champion_id=champion.id if champion else None,
                versions=_versions(services, coin, day, champion),
                refused=refused_versions(found.statistics for found in standing),
                chosen_on=chosen_by_hand(standing, champion.id) if champion else None,
            )
            _log_decision(services, log, traded)
            yield TradedCoin(coin=coin, traded=traded)
        except CoinModelsError as error:
            logger.warning("%s of %s was not traded: %s", coin, day, error)
            yield TradedCoin(coin=coin, failure=str(error))


def _log_decision(services: Services, log: ChampionLog, traded: TradedDay) -> None:
    decision = traded.decision
    log.decide(
        ChampionDecision(
            coin=decision.coin,
            day=decision.day,
            version_id=decision.version_id,
            decision=decision.verdict.value,
            reason=decision.reason,
            decided_by=DECIDED_BY_POLICY,
            decided_at=services.clock.now(),
            statistics=decision.log_statistics(),
        )
    )


def _versions(services: Services, coin: str, day: date, champion: ModelVersion | None) -> list[PublishedVersion]:
    known = [version for version in services.registry.versions(coin) if version.day <= day][:_VERSIONS_KNOWN]
    if champion is not None and champion.id not in {version.id for version in known}:
        known.append(champion)
    return [published_version(version) for version in known]


def published_version(version: ModelVersion) -> PublishedVersion:
    """A registry's version, as far as trading needs it."""
    return PublishedVersion(
        version_id=version.id,
        day=version.day,
        resumed=version.resumed,
        parent_id=version.parent_id,
        skill=version.skill,
        validation=version.metrics.get("validation", {}),
    )


def _load(services: Services, version_id: str) -> TradableModel:
    model = services.registry.load(services.registry.version(version_id))
    architecture = model.manifest.architecture
    return TradableModel(
        forecaster=model,
        shape=ForecastShape(levels=architecture.quantiles, horizon=architecture.horizon, window=architecture.window),
        weights=model.bundle.weights,
    )

"""Manual decisions about champions: promotion, or rollback to the previous champion, with the reason.

The policy's own decisions are made in shadow_trades.py.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from coin_models.errors import RegistryError, StoreError, UsageError
from coin_models.market.universe import listed, resolve_universe
from coin_models.pipeline.services import Services
from coin_models.pipeline.shadow_trades import published_version
from coin_models.registry.champions import ChampionLog
from coin_models.registry.decision_copies import copy_decisions
from coin_models.registry.versions import ChampionDecision, ModelVersion, Verdict
from coin_models.trading.decisions import refused_versions
from coin_models.trading.soundness import find_validation_problems, find_weight_problems

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class ManualPromotion:
    """What was decided, and what a person should know about it."""

    decision: ChampionDecision
    champion: ModelVersion
    before: ModelVersion | None
    warnings: tuple[str, ...]  # what the policy holds against the version

    def to_json(self) -> dict[str, Any]:
        """As the commands print it."""
        return {
            "coin": self.decision.coin,
            "champion": self.champion.id,
            "before": self.before.id if self.before else None,
            "decision": self.decision.decision,
            "from_after": self.decision.day.isoformat(),
            "reason": self.decision.reason,
            "decided_by": self.decision.decided_by,
            "warnings": list(self.warnings),
        }


def promote(services: Services, what: str, *, reason: str, who: str) -> ManualPromotion:
    """Makes a version champion; `what` is a version's id, or a coin, which means its newest version.

    Raises:
        RegistryError: there is no such version, or it is champion already.
        ModelDamaged: its stored bytes are not those that were published, or not finite.
        UsageError: there is no such coin.
    """
    version = _named(services, what)
    champion = ChampionLog(services.database).champion(version.coin)
    if champion is not None and champion.id == version.id:
        raise RegistryError(f"{version.id} is already the champion of {version.coin}")
    return _decide(services, version, champion, "promote", reason=reason, who=who, statistics={})


def roll_back(services: Services, coin: str, *, reason: str, who: str) -> ManualPromotion:
    """Puts the champion before the present one back in its place; the present one does not contend again.

    Raises:
        RegistryError: the coin has no champion, or none before it that was not refused or rolled back.
        UsageError: there is no such coin.
    """
    _require_known(services, coin)
    log = ChampionLog(services.database)
    champion = log.champion(coin)
    if champion is None:
        raise RegistryError(f"{coin} has no champion to roll back; `coin-models models promote {coin}` makes one")
    standing = log.standing(coin, before=date.max)
    out = refused_versions(past_decision.statistics for past_decision in standing) | {champion.id}
    earlier = next(
        (
            past_decision.version_id
            for past_decision in standing
            if past_decision.version_id and past_decision.version_id not in out
        ),
        None,
    )
    if earlier is None:
        raise RegistryError(
            f"{coin} has no earlier champion: {champion.id} is its only champion that was not refused or rolled "
            f"back; `coin-models models promote VERSION` takes any of `coin-models models list --coins {coin}`"
        )
    version, broken = services.registry.version(earlier), {"broken_version_id": champion.id}
    return _decide(services, version, champion, "rollback", reason=reason, who=who, statistics=broken)


def _named(services: Services, what: str) -> ModelVersion:
    if "-" in what:  # no coin's name has one, every version's id does
        return services.registry.version(what)
    _require_known(services, what)
    versions = services.registry.versions(what)
    if not versions:
        raise RegistryError(f"no model of {what} is published; `coin-models retrain --coins {what}` makes one")
    return versions[0]


def _require_known(services: Services, coin: str) -> None:
    """Coins outside the universe are accepted if they have published versions."""
    universe = resolve_universe(services.settings)
    if coin not in universe and not services.registry.versions(coin):
        raise UsageError(f"{coin} is not in the universe ({listed(universe)}), and no model of it is published")


def _decide(
    services: Services,
    version: ModelVersion,
    before: ModelVersion | None,
    verdict: Verdict,
    *,
    reason: str,
    who: str,
    statistics: Mapping[str, str],
) -> ManualPromotion:
    """Logs the decision as of the coin's newest decided day: it counts from the next day to be traded on."""
    warnings = _warnings(services, version)
    log = ChampionLog(services.database)
    decided = [past_decision.day for past_decision in log.decisions(version.coin)]
    decision = ChampionDecision(
        coin=version.coin,
        day=max([version.day, *decided]),
        version_id=version.id,
        decision=verdict,
        reason=reason,
        decided_by=f"manual: {who}"[:64],
        decided_at=services.clock.now(),
        statistics=statistics,
    )
    log.decide(decision)
    _copy(services, decision.day)
    return ManualPromotion(decision=decision, champion=version, before=before, warnings=warnings)


def _copy(services: Services, day: date) -> None:
    """The decision counts whether or not the store can be written to: the day's next report copies it."""
    try:
        copy_decisions(services.database, services.store, day)
    except StoreError as error:
        _logger.warning("the decision counts, and is copied into the store with the next report of %s: %s", day, error)


def _warnings(services: Services, version: ModelVersion) -> tuple[str, ...]:
    """What the policy would say. A version that cannot forecast (damaged, not finite) is refused: it cannot be loaded."""
    trading = services.settings.trading
    bundle = services.registry.bundle(version)
    parent = services.registry.bundle(services.registry.version(version.parent_id)) if version.parent_id else None
    interval, published = bundle.manifest.architecture.interval, published_version(version)
    return (
        *find_weight_problems(bundle.network, parent.network if parent else None, trading),
        *find_validation_problems(published.skill, interval.coverage(published.validation), interval, trading),
    )

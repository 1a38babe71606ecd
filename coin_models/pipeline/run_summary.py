"""What a retraining of days came to: the table at the end, the JSON, the exit code.

Belongs here: reading it back from attempts and registry, so that the command line and the UI tell the same story. Not
here: printing.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import Any

from coin_models.operations.attempts import Action, Attempt, Outcome
from coin_models.pipeline.services import Services
from coin_models.registry.versions import ModelVersion

_STATES = {Outcome.DONE: "done", Outcome.REUSED: "done", Outcome.SKIPPED: "skipped"}


@dataclass(frozen=True, slots=True, kw_only=True)
class CoinSummary:
    """One coin of one day."""

    state: str  # done, skipped (by rule), failed, or deferred (by policy)
    action: Action
    reason: str | None = None
    version: ModelVersion | None = None
    seconds: float = 0.0

    def to_json(self) -> dict[str, Any]:
        """As `coin-models retrain --json` prints it."""
        return {
            "state": self.state,
            "action": self.action.value,
            "weights_sha256": self.version.weights_sha256 if self.version else None,
            "skill": self.version.skill if self.version else None,
            "parent": self.version.parent_id if self.version else None,
            "seconds": round(self.seconds, 3),
            "reason": self.reason,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSummary:
    """One trading day."""

    day: date
    coins: dict[str, CoinSummary]
    wall_seconds: float
    fit_seconds: float
    step_failures: Mapping[str, str] = field(default_factory=dict)  # of steps after the models, with the reason

    def count(self, *actions: Action) -> int:
        """Coins on which one of these was done."""
        return sum(coin.action in actions for coin in self.coins.values())

    @property
    def failed(self) -> dict[str, str]:
        """Coins that failed, with the reason."""
        return {name: coin.reason or "" for name, coin in self.coins.items() if coin.state == "failed"}

    @property
    def skipped(self) -> dict[str, str]:
        """Coins that a stated rule ruled out, with the rule."""
        return {name: coin.reason or "" for name, coin in self.coins.items() if coin.state == "skipped"}

    @property
    def deferred(self) -> dict[str, str]:
        """Coins that the policy left for later or for another machine, with its reason."""
        return {name: coin.reason or "" for name, coin in self.coins.items() if coin.state == "deferred"}

    def to_json(self) -> dict[str, Any]:
        """As `coin-models retrain --json` prints it."""
        return {
            "day": self.day.isoformat(),
            "coins": {name: coin.to_json() for name, coin in self.coins.items()},
            "trained": self.count(Action.TRAINED, Action.RESUMED),
            "reused": self.count(Action.REUSED),
            "skipped": len(self.skipped),
            "failed": len(self.failed),
            "deferred": len(self.deferred),
            "wall_seconds": round(self.wall_seconds, 3),
            "fit_seconds": round(self.fit_seconds, 3),
            "failed_steps": dict(self.step_failures),
        }


def run_summary(
    services: Services,
    day: date,
    coins: Sequence[str],
    *,
    session_id: str | None,
    wall_seconds: float,
    deferred: Mapping[str, str] = MappingProxyType({}),
) -> RunSummary:
    """What this session did for each coin of the day; a coin it did not touch is there already, or was never reached.

    `deferred` names the coins that the policy left, with its reason.
    """
    published = _newest(services.registry.versions(day=day))
    newest = services.attempts.latest(day, day)
    tried = {coin: attempt for (coin, _), attempt in newest.items() if attempt.outcome is Outcome.SKIPPED}
    if session_id is not None:
        tried |= _last_tries(services.attempts.between(day, day, session_id=session_id))
    found = {coin: _coin_report(tried.get(coin), published.get(coin), deferred.get(coin)) for coin in coins}
    trained = [item for item in found.values() if item.action in (Action.TRAINED, Action.RESUMED)]
    return RunSummary(
        day=day, coins=found, wall_seconds=wall_seconds, fit_seconds=sum(coin.seconds for coin in trained)
    )


def _coin_report(attempt: Attempt | None, version: ModelVersion | None, deferred: str | None) -> CoinSummary:
    if deferred is not None:
        return CoinSummary(state="deferred", action=Action.SKIPPED, reason=deferred)
    if attempt is None:
        if version is not None:
            return CoinSummary(state="done", action=Action.REUSED, version=version)
        return CoinSummary(state="failed", action=Action.FAILED, reason="not reached: the run ended before it")
    state = _STATES.get(attempt.outcome, "failed")
    return CoinSummary(
        state=state,
        action=attempt.action or Action.FAILED,
        reason=attempt.reason,
        version=version if state == "done" else None,
        seconds=version.fit_seconds if version is not None and attempt.outcome is Outcome.DONE else 0.0,
    )


def _newest(versions: Iterable[ModelVersion]) -> dict[str, ModelVersion]:
    newest: dict[str, ModelVersion] = {}
    for version in versions:  # newest first
        newest.setdefault(version.coin, version)
    return newest


def _last_tries(attempts: Iterable[Attempt]) -> dict[str, Attempt]:
    return {attempt.coin: attempt for attempt in attempts}  # oldest first

"""The summary of a run: the final table, the JSON, the exit code."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import Any

from coin_models.exit_codes import ExitCode
from coin_models.operations.attempts import AttemptAction, Outcome
from coin_models.pipeline.plan.action import Action
from coin_models.pipeline.plan.facts import CoinDay
from coin_models.pipeline.plan.plan import Plan, PlannedCoinDay
from coin_models.pipeline.services import Services
from coin_models.pipeline.train.outcome import CoinOutcome
from coin_models.registry.versions import ModelVersion

_COUNTED = ("stale", "skipped", "unavailable", "waiting", "quarantined", "failed", "deferred")
_PLANNED = {
    Action.REUSE: ("done", AttemptAction.REUSED),
    Action.STALE: ("stale", AttemptAction.REUSED),
    Action.SKIP: ("skipped", AttemptAction.SKIPPED),
    Action.UNAVAILABLE: ("unavailable", AttemptAction.UNAVAILABLE),
    Action.WAITING: ("waiting", AttemptAction.FAILED),
    Action.QUARANTINED: ("quarantined", AttemptAction.FAILED),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CoinSummary:
    """One coin of one day."""

    state: str  # done, stale, skipped, unavailable, waiting, quarantined, failed or deferred
    action: AttemptAction
    reason: str | None = None
    version: ModelVersion | None = None
    seconds: float = 0.0

    def to_json(self) -> dict[str, Any]:
        """As `coin-models retrain --json` prints it."""
        return {
            "state": self.state,
            "action": self.action.value,
            "weights_sha256": self.version.weights_sha256 if self.version else None,
            "validation_skill": self.version.skill if self.version else None,
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
    num_parents: int = 0  # full retrains of earlier days that this day's coins start from, made with it
    step_failures: Mapping[str, str] = field(default_factory=dict)  # of steps after the models, with the reason

    def count(self, *actions: AttemptAction) -> int:
        """Coins on which one of these was done."""
        return sum(coin.action in actions for coin in self.coins.values())

    def in_state(self, state: str) -> dict[str, str]:
        """Coins in this state, each with the reason."""
        return {name: coin.reason or "" for name, coin in self.coins.items() if coin.state == state}

    @property
    def failed(self) -> dict[str, str]:
        """Coins that failed, with the reason."""
        return self.in_state("failed")

    @property
    def skipped(self) -> dict[str, str]:
        """Coins that a stated rule ruled out, with the rule."""
        return self.in_state("skipped")

    @property
    def deferred(self) -> dict[str, str]:
        """Coins that the policy left for later or for another machine, with its reason."""
        return self.in_state("deferred")

    def to_json(self) -> dict[str, Any]:
        """As `coin-models retrain --json` prints it."""
        return {
            "day": self.day.isoformat(),
            "coins": {name: coin.to_json() for name, coin in self.coins.items()},
            "trained": self.count(AttemptAction.TRAINED, AttemptAction.RESUMED),
            "parents": self.num_parents,
            "reused": sum(coin.state == "done" and coin.action is AttemptAction.REUSED for coin in self.coins.values()),
            **{state: len(self.in_state(state)) for state in _COUNTED},
            "wall_seconds": round(self.wall_seconds, 3),
            "fit_seconds": round(self.fit_seconds, 3),
            "failed_steps": dict(self.step_failures),
        }


def run_summary(
    plan: Plan,
    day: date,
    *,
    outcomes: Mapping[CoinDay, CoinOutcome] = MappingProxyType({}),
    published: Mapping[str, ModelVersion] = MappingProxyType({}),
    wall_seconds: float = 0.0,
    deferred: Mapping[str, str] = MappingProxyType({}),
    failure: str | None = None,
) -> RunSummary:
    """The outcome of each coin of the day: from what was done, and for the rest from the plan.

    Args:
        plan: what was to be done.
        day: the trading day.
        outcomes: of the session.
        published: the newest version of each coin on the day, for those that were up to date.
        wall_seconds: what the day took.
        deferred: coins that the admission policy left, with its reason.
        failure: why the run ended before it reached every coin, where it did.
    """
    summaries = {
        coin: _summary(plan[coin, day], outcomes.get((coin, day)), published.get(coin), deferred.get(coin), failure)
        for coin in plan.coins
    }
    fitted = [coin for coin in summaries.values() if coin.action in (AttemptAction.TRAINED, AttemptAction.RESUMED)]
    parents = [item for item in plan.ancestors() if (item.coin, item.day) in outcomes]
    return RunSummary(
        day=day,
        coins=summaries,
        wall_seconds=wall_seconds,
        fit_seconds=sum(coin.seconds for coin in fitted),
        num_parents=len(parents) if day == plan.days[0] else 0,
    )


def _summary(
    item: PlannedCoinDay,
    outcome: CoinOutcome | None,
    version: ModelVersion | None,
    deferred: str | None,
    failure: str | None,
) -> CoinSummary:
    if outcome is not None:
        return _of_outcome(outcome)
    if deferred is not None:
        return CoinSummary(state="deferred", action=AttemptAction.SKIPPED, reason=deferred)
    if item.action is Action.TRAIN:
        return CoinSummary(
            state="failed", action=AttemptAction.FAILED, reason=f"not started: {failure or 'the run ended'}"
        )
    state, action = _PLANNED[item.action]
    is_there = item.action in (Action.REUSE, Action.STALE)
    reason = None if item.action is Action.REUSE else item.reason
    return CoinSummary(state=state, action=action, reason=reason, version=version if is_there else None)


def _of_outcome(outcome: CoinOutcome) -> CoinSummary:
    state = {
        Outcome.DONE: "done",
        Outcome.REUSED: "stale" if outcome.planned is Action.STALE else "done",
        Outcome.SKIPPED: "skipped",
        Outcome.UNAVAILABLE: "unavailable",
    }.get(outcome.outcome, "failed")
    if outcome.planned in (Action.WAITING, Action.QUARANTINED, Action.UNAVAILABLE):
        state = outcome.planned.word  # as the plan says it; the action tells a coin's own fault (failed) from a place's
    version = outcome.version
    seconds = version.fit_seconds if version is not None and outcome.outcome is Outcome.DONE else 0.0
    return CoinSummary(state=state, action=outcome.action, reason=outcome.reason, version=version, seconds=seconds)


def newest_versions(services: Services, day: date) -> dict[str, ModelVersion]:
    """The newest version of each coin that is published for a day."""
    newest: dict[str, ModelVersion] = {}
    for version in services.registry.versions(day=day):  # newest first
        newest.setdefault(version.coin, version)
    return newest


def exit_code(summaries: Sequence[RunSummary], *, named_coins: bool) -> ExitCode:
    """What the command ends with; the first of these that holds.

    PUT_OFF: the policy left coins for later or for another machine. COULD_NOT_WORK: something is missing and no coin-day is
    published. SOME_FAILED: something is missing, or a later step failed; a coin that a rule rules out counts only when it
    was requested by name. DONE.
    """
    if any(summary.deferred for summary in summaries):
        return ExitCode.PUT_OFF
    states = [coin.state for summary in summaries for coin in summary.coins.values()]
    there = {"done", "stale"} if named_coins else {"done", "stale", "skipped"}
    if not any(state not in there for state in states):
        return ExitCode.SOME_FAILED if any(summary.step_failures for summary in summaries) else ExitCode.DONE
    is_published = any(state in ("done", "stale") for state in states)
    return ExitCode.SOME_FAILED if is_published else ExitCode.COULD_NOT_WORK


def later_failures(failures: Mapping[CoinDay, str], day: date, days: Sequence[date]) -> dict[str, str]:
    """What failed of a day after its models, by name; a failure of another day is reported with the run's last day."""
    reasons = {name: reason for (name, failed), reason in failures.items() if failed == day}
    if day == days[-1]:
        reasons |= {f"{name} on {failed}": reason for (name, failed), reason in failures.items() if failed not in days}
    return reasons

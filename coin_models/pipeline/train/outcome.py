"""The outcome of one coin-day in a run: fitted, failed, or settled by the plan."""

from dataclasses import dataclass
from datetime import date

from coin_models.operations.attempts import AttemptAction, Outcome
from coin_models.operations.interruptions import first_cause, is_interruption
from coin_models.operations.places import place_of
from coin_models.pipeline.plan.action import Action
from coin_models.pipeline.plan.plan import Plan, PlannedCoinDay
from coin_models.registry.versions import ModelVersion


@dataclass(frozen=True, slots=True, kw_only=True)
class CoinOutcome:
    """One coin of one day."""

    coin: str
    day: date
    outcome: Outcome
    action: AttemptAction
    reason: str | None = None
    version: ModelVersion | None = None
    num_candles: int | None = None
    samples_per_second: float | None = None
    error: Exception | None = None  # why it failed, for those who ask whether a place is to blame
    planned: Action = Action.TRAIN  # what the plan said about it

    @property
    def key(self) -> tuple[str, date]:
        """Coin and day."""
        return self.coin, self.day


def outcome_of(error: BaseException, *, interrupted_by: str | None) -> Outcome:
    """Interrupted is what a signal, notice, a lost lease or Ctrl-C did; the rest is of a place, or of the coin.

    `interrupted_by` names the signal or notice that this process received (`Worker.interrupted_by`), if any.
    """
    # What is no Exception (SystemExit, a generator that is closed) ends the process: no coin's error either.
    if is_interruption(error, interrupted_by=interrupted_by) or not isinstance(error, Exception):
        return Outcome.INTERRUPTED
    return Outcome.UNAVAILABLE if place_of(error) else Outcome.FAILED


def failed_coin(coin: str, day: date, error: BaseException, *, interrupted_by: str | None) -> CoinOutcome:
    """A coin-day whose try ended with an error."""
    outcome = outcome_of(error, interrupted_by=interrupted_by)
    return CoinOutcome(
        coin=coin,
        day=day,
        outcome=outcome,
        action=_ACTIONS[outcome],
        reason=first_cause(error),
        error=error if isinstance(error, Exception) else None,
    )


def settled_by_plan(plan: Plan, item: PlannedCoinDay, version: ModelVersion | None = None) -> CoinOutcome:
    """What the plan says of a coin-day that is not fitted; `version` is the published one, where the plan keeps one."""
    outcome, action = _SETTLED[item.action]
    if item.action is Action.UNAVAILABLE and _is_own_fault(plan, item):
        outcome, action = Outcome.FAILED, AttemptAction.FAILED
    return CoinOutcome(
        coin=item.coin,
        day=item.day,
        outcome=outcome,
        action=action,
        reason=None if item.action is Action.REUSE else item.reason,
        version=version,
        planned=item.action,
    )


def _is_own_fault(plan: Plan, item: PlannedCoinDay) -> bool:
    """Whether its candles are missing for a reason that is the coin's alone, such as a file that cannot be read."""
    problem = plan.problems.get(item.coin)
    return problem is not None and problem.place is None


_ACTIONS = {
    Outcome.INTERRUPTED: AttemptAction.TRAINED,
    Outcome.UNAVAILABLE: AttemptAction.UNAVAILABLE,
    Outcome.FAILED: AttemptAction.FAILED,
}
_SETTLED = {
    Action.REUSE: (Outcome.REUSED, AttemptAction.REUSED),
    Action.STALE: (Outcome.REUSED, AttemptAction.REUSED),
    Action.SKIP: (Outcome.SKIPPED, AttemptAction.SKIPPED),
    Action.UNAVAILABLE: (Outcome.UNAVAILABLE, AttemptAction.UNAVAILABLE),
    Action.WAITING: (Outcome.FAILED, AttemptAction.FAILED),
    Action.QUARANTINED: (Outcome.FAILED, AttemptAction.FAILED),
}

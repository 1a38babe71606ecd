"""Admission between cohorts: decides whether one more may start, by the day's budget and the latest safe moment for
spot.

Gathers what the two rules of costs/policy.py need: today's costs, the duration per coin, the time left.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta

from coin_models.clock import Clock
from coin_models.costs.ledger.accounts import entries_of
from coin_models.costs.ledger.records import SPOT
from coin_models.costs.ledger.rows import LedgerRows
from coin_models.costs.policy import GO_ON, Admission, spent_usd, still_safe_on_spot, within_budget
from coin_models.costs.workload import startup_from_history, workload_from_history
from coin_models.db.engine import Database
from coin_models.settings.root import Settings

_HISTORY = timedelta(days=7)  # by which a cohort's duration is judged; a machine of last month says little

AdmissionPolicy = Callable[[date, int, int], Admission]
"""`admission(day, num_coins, num_left)`: may a cohort of `num_coins` begin, with `num_left` coins of the day still to fit?"""


def admit_all(_day: date, _num_coins: int, _num_left: int) -> Admission:
    """Lets everything through."""
    return GO_ON


def admission_policy_of(settings: Settings, open_database: Callable[[], Database], clock: Clock) -> AdmissionPolicy:
    """The policy that the settings request; without a budget, and on a machine that is not spot, one that asks nothing."""
    costs = settings.costs
    if costs.daily_budget_usd is None and costs.market != SPOT:
        return admit_all
    return CostAdmissionPolicy(settings, open_database, clock)


class CostAdmissionPolicy:
    """Asks the database before every cohort: other machines spend too. Until a coin was timed here, cohorts count as short."""

    def __init__(self, settings: Settings, open_database: Callable[[], Database], clock: Clock) -> None:
        self._costs = settings.costs
        self._checkpoint_seconds = settings.interruption.checkpoint_max_seconds
        self._open_database = open_database
        self._clock = clock

    def __call__(self, day: date, num_coins: int, num_left: int) -> Admission:
        """The budget first: where it is spent, no machine should take over."""
        now = self._clock.now()
        sessions, attempts = LedgerRows(self._open_database()).alive_since(now - _HISTORY)
        workload = workload_from_history(entries_of(sessions, attempts))
        seconds_per_coin = workload.seconds_per_coin if workload else 0.0
        budget = within_budget(
            spent_usd=spent_usd(sessions, since=_midnight(now.astimezone(UTC).date()), now=now),
            cohort_seconds=num_coins * seconds_per_coin,
            price_usd_per_hour=self._costs.price_usd_per_hour,
            budget_usd=self._costs.daily_budget_usd,
        )
        if budget.stop is not None:
            return budget
        startup = startup_from_history(attempts)
        return still_safe_on_spot(
            market=self._costs.market,
            now=now,
            deadline=deadline_of(day, self._costs.deadline),
            remaining_seconds=num_left * seconds_per_coin,
            startup_seconds=self._costs.startup_seconds if startup is None else startup,
            replacement_seconds=self._costs.replacement_seconds,
            checkpoint_interval_seconds=self._checkpoint_seconds,
        )


def deadline_of(day: date, time_of_day: str) -> datetime:
    """When the models of a trading day should be ready: at that time of the next day, UTC."""
    return datetime.combine(day + timedelta(days=1), time.fromisoformat(time_of_day), UTC)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)

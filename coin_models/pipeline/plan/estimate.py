"""Estimates the duration and cost of a plan, from the durations of this installation's own fits."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from coin_models.costs.ledger.accounts import entries_of
from coin_models.costs.ledger.rows import LedgerRows
from coin_models.costs.workload import workload_from_history
from coin_models.pipeline.plan.plan import PlannedCoinDay
from coin_models.pipeline.services import Services

_HISTORY = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """What is to come; None where no fit was ever timed here."""

    seconds: float | None
    usd: float | None


def estimate(services: Services, to_train: Sequence[PlannedCoinDay]) -> Estimate:
    """Seconds and US dollars of fitting these coin-days, at the mean of the last month and today's price."""
    if not to_train:
        return Estimate(seconds=0.0, usd=0.0)
    sessions, attempts = LedgerRows(services.database).alive_since(services.clock.now() - _HISTORY)
    workload = workload_from_history(entries_of(sessions, attempts))
    if workload is None:
        return Estimate(seconds=None, usd=None)
    seconds = workload.work_seconds(len(to_train))
    return Estimate(seconds=seconds, usd=seconds / 3600 * services.settings.costs.price_usd_per_hour)

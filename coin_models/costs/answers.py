"""Answers the two questions about money from the database: what training cost, and what it will cost."""

import math
from datetime import date, timedelta

from coin_models.clock import Clock
from coin_models.costs.hazard import HazardEstimate, estimate_hazard, exposures
from coin_models.costs.interrupted_runs.interruptions import memoryless
from coin_models.costs.ledger.accounts import entries_of
from coin_models.costs.ledger.ledger import Ledger
from coin_models.costs.ledger.rows import LedgerRows
from coin_models.costs.request import PlanRequest, request_from_settings
from coin_models.costs.workload import Workload, published_workload, startup_from_history, workload_from_history
from coin_models.db.engine import Database
from coin_models.settings.costs import CostSettings, MachinePrice

_HISTORY = timedelta(days=180)  # older machines and prices say little about tonight's


def ledger_of(database: Database, costs: CostSettings, first: date, last: date) -> Ledger:
    """What the trading days first..last cost."""
    sessions, attempts = LedgerRows(database).of_days(first, last)
    return Ledger(entries_of(sessions, attempts), costs.prices).between(first, last)


def hazard_now(database: Database, costs: CostSettings, clock: Clock) -> HazardEstimate:
    """How often the planned machine is taken, by hour of day: published figures and our own last half-year."""
    sessions, _ = LedgerRows(database).since(clock.now() - _HISTORY)
    price = planned_price(costs)
    return estimate_hazard(
        costs.interruption_ranges,
        exposures(sessions),
        provider=price.provider,
        gpu=price.gpu,
        prior_hours=costs.interruption_prior_hours,
    )


def request_tonight(
    database: Database,
    costs: CostSettings,
    clock: Clock,
    *,
    num_coins: int,
    deadline: str | None = None,
    budget_usd: float | None = None,
    workload: Workload | None = None,
) -> PlanRequest:
    """What tonight's plan (`make_plan`) is made of: durations as given, else our own, else published; our own hazard, start-up.

    Raises:
        ValueError: the deadline is no time of day, or a figure is impossible.
    """
    sessions, attempts = LedgerRows(database).since(clock.now() - _HISTORY)
    own = workload_from_history(entries_of(sessions, attempts))
    return request_from_settings(
        costs,
        num_coins=num_coins,
        workload=workload or own or workload_as_published(costs, num_coins),
        model=memoryless(hazard_now(database, costs, clock).rates_per_hour),
        startup_seconds=startup_from_history(attempts),
        deadline=deadline,
        budget_usd=budget_usd,
    )


def own_workload(database: Database, clock: Clock) -> Workload | None:
    """Durations from our own last half-year; none where nothing was trained."""
    return workload_from_history(entries_of(*LedgerRows(database).since(clock.now() - _HISTORY)))


def workload_as_published(costs: CostSettings, num_coins: int) -> Workload:
    """Durations from the published run of at least that many coins; beyond all of those, from the run of all coins.

    Raises:
        ValueError: the settings hold no published run.
    """
    if not costs.published_runs:
        raise ValueError("published_runs is empty: there is no duration to plan with")
    by_size = sorted(costs.published_runs, key=lambda run: math.inf if run.num_coins is None else run.num_coins)
    run = next((run for run in by_size if run.num_coins is None or run.num_coins >= num_coins), by_size[-1])
    return published_workload(run, num_coins)


def planned_price(costs: CostSettings) -> MachinePrice:
    """The prices of the machine that plans are made with."""
    return next(row for row in costs.prices if row.gpu == costs.planned_gpu)

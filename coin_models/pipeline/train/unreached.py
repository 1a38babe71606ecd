"""Coin-days that a run did not reach because it ended before: an attempt each, with the run's own error as its reason.

What ends a whole run is no coin's fault, whatever its type: the attempt is of a place, uses none up, and holds the next
one back for a pause that doubles up to its cap (operations/retry.py). Without it the resume sensor would launch such a
run at every tick.
"""

import logging
from collections.abc import Mapping, Sequence
from datetime import date
from itertools import groupby

from coin_models.errors import DatabaseError
from coin_models.operations.attempts import AttemptAction, Outcome
from coin_models.operations.interruptions import first_cause
from coin_models.operations.sessions import FAILED
from coin_models.pipeline.plan.plan import PlannedCoinDay
from coin_models.pipeline.services import Services
from coin_models.pipeline.train.outcome import CoinOutcome
from coin_models.pipeline.worker import Worker
from coin_models.registry.fingerprint import training_code_version

logger = logging.getLogger(__name__)


def note_unreached(worker: Worker, items: Sequence[PlannedCoinDay], error: Exception) -> None:
    """Makes the error the outcome of each of these coin-days, in the worker's summary and in the database."""
    reason = first_cause(error)
    for item in items:
        worker.outcomes[item.key] = _outcome(item, reason, error)
    try:
        _record(worker.services, items, reason, worker.session.session_id, worker.run_id)
    except DatabaseError as away:  # it may be the very error: then the sensor cannot read the requests either
        logger.warning("the attempts of a run that failed are not recorded: %s", away)


def record_unstarted(
    services: Services,
    items: Sequence[PlannedCoinDay],
    reason: str,
    *,
    run_id: str | None = None,
    age_seconds: float = 0.0,
) -> None:
    """As `note_unreached`, of a run that ended before its session opened.

    Args:
        services: of the process that says so.
        items: what was to be done.
        reason: why it was not.
        run_id: the Dagster run, where there was one.
        age_seconds: what this process spent on it, for the ledger.
    """
    if not items:
        return
    session = services.sessions.open(
        services.settings.costs,
        code_version=training_code_version(services.settings.training.plugins),
        age_seconds=age_seconds,
    ).session_id
    try:
        _record(services, items, reason, session, run_id)
    finally:
        services.sessions.close(session, FAILED)


def _record(
    services: Services, items: Sequence[PlannedCoinDay], reason: str, session_id: str, run_id: str | None
) -> None:
    for day, group in groupby(sorted(items, key=_day), key=_day):
        of_day = list(group)
        fingerprints: Mapping[str, str] = {item.coin: item.fingerprint for item in of_day if item.fingerprint}
        row = (Outcome.UNAVAILABLE, AttemptAction.UNAVAILABLE, reason)
        rows = {item.coin: row for item in of_day}
        services.attempts.record(day, session_id, rows, run_id=run_id, fingerprints=fingerprints)


def _outcome(item: PlannedCoinDay, reason: str, error: Exception) -> CoinOutcome:
    return CoinOutcome(
        coin=item.coin,
        day=item.day,
        outcome=Outcome.UNAVAILABLE,
        action=AttemptAction.UNAVAILABLE,
        reason=reason,
        error=error,
    )


def _day(item: PlannedCoinDay) -> date:
    return item.day

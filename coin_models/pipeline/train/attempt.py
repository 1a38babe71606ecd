"""One attempt at a cohort: opens its rows, fits and publishes it, and records the outcome of each coin.

A cohort that fails is tried again coin by coin; one that finds no memory, in halves.
"""

import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from coin_models.db.lease import LeaseToken
from coin_models.errors import LeaseLost
from coin_models.operations.attempts import ComputeUsage, Outcome
from coin_models.pipeline.services import ProgressSink
from coin_models.pipeline.train.outcome import CoinOutcome, failed_coin, outcome_of
from coin_models.pipeline.train.prepare import Prepared
from coin_models.pipeline.train.publish import publish_cohort, usage_of
from coin_models.pipeline.train.usage_meter import UsageMeter
from coin_models.pipeline.worker import Worker
from coin_models.training.fit.tasks import CohortTask
from coin_models.training.memory import is_out_of_memory, release_memory_of
from coin_models.training.results import CohortResult

if TYPE_CHECKING:  # it brings torch
    from coin_models.training.checkpoints.chain import CheckpointChain

logger = logging.getLogger(__name__)

Results = list[tuple[CoinOutcome, ComputeUsage]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CohortAttempt:
    """A cohort whose unpublished coins are leased, with an open attempt each."""

    cohort: CohortTask
    prepared: Mapping[str, Prepared]
    leases: Mapping[str, LeaseToken]  # of the coins that are to be published
    open_attempts: Mapping[str, int]  # their rows, by coin
    startup_seconds: float  # a coin's share of what went before the fit
    meter: UsageMeter

    def of(self, coins: Sequence[str]) -> "CohortAttempt":
        """The same try at a cohort of these leased coins only."""
        cohort = CohortTask(
            day=self.cohort.day,
            coins=tuple(self.prepared[coin].task for coin in coins),
            training=self.cohort.training,
            architecture=self.cohort.architecture,
        )
        return replace(self, cohort=cohort, leases={coin: self.leases[coin] for coin in coins})


def begin(
    worker: Worker,
    cohort: CohortTask,
    prepared: Mapping[str, Prepared],
    leases: Mapping[str, LeaseToken],
    *,
    since: float,
) -> CohortAttempt:
    """Opens the attempts of the leased coins; what passed since then (monotonic seconds) is their start-up."""
    rows = worker.services.attempts.begin(
        list(leases),
        cohort.day,
        worker.session.session_id,
        run_id=worker.run_id,
        fingerprints={coin: prepared[coin].task.fingerprint for coin in leases},
    )
    startup_seconds = time.monotonic() - since + worker.startup_seconds
    worker.startup_seconds = 0.0
    return CohortAttempt(
        cohort=cohort,
        prepared=prepared,
        leases=leases,
        open_attempts=rows,
        startup_seconds=startup_seconds / len(leases),
        meter=UsageMeter(list(rows.values()), startup_seconds, leases=list(leases.values())),
    )


def carry_out(worker: Worker, attempt: CohortAttempt, progress: ProgressSink) -> list[CoinOutcome]:
    """Fits and publishes the cohort and closes its attempts; returns the outcome of each leased coin.

    Raises:
        Interrupted, LeaseLost, KeyboardInterrupt: the work was interrupted; the attempts are closed as interrupted.
    """
    worker.meter = attempt.meter
    try:
        settled = fit_and_publish(worker, attempt, progress)
    except BaseException as error:
        # What was done after the lease was lost was for nothing.
        usage = attempt.meter.confirmed if isinstance(error, LeaseLost) else attempt.meter.usage()
        settled = [(_failed(worker, attempt, coin, error), usage) for coin in attempt.leases]
        if outcome_of(error, interrupted_by=worker.interrupted_by()) is Outcome.INTERRUPTED:
            record(worker, attempt, settled)
            raise
    finally:
        worker.meter = None
    record(worker, attempt, settled)
    return [outcome for outcome, _ in settled]


def record(worker: Worker, attempt: CohortAttempt, settled: Results) -> None:
    """Closes the attempt of each coin, with what it took."""
    for outcome, usage in settled:
        worker.services.attempts.finish(
            attempt.open_attempts[outcome.coin],
            outcome.outcome,
            action=outcome.action,
            reason=outcome.reason,
            usage=usage,
        )


def fit_and_publish(worker: Worker, attempt: CohortAttempt, progress: ProgressSink) -> Results:
    """Fits the cohort and publishes its leased coins; one that fails is tried in parts.

    Raises:
        LeaseLost: another session has taken over.
    """
    chain = _open_chain(worker, attempt.cohort)
    with worker.notice:
        fitted = _fit(worker, attempt, chain, progress)
        if not isinstance(fitted, Exception):
            return _publish(worker, attempt, chain, fitted)
    # Out of the handler of this error: a coin that fails alone has a reason of its own.
    return _after_failure(worker, attempt, progress, fitted)


def _open_chain(worker: Worker, cohort: CohortTask) -> "CheckpointChain":
    """The checkpoints of the cohort; the session notes under which arithmetic it fits."""
    from coin_models.training.arithmetic import arithmetic_of
    from coin_models.training.checkpoints.chain import open_chain
    from coin_models.training.hardware import choose_device

    services, settings = worker.services, worker.services.settings
    arithmetic = arithmetic_of(cohort.training, choose_device(cohort.training))
    services.sessions.note_arithmetic(worker.session.session_id, arithmetic)
    return open_chain(services.store, settings.home, cohort, settings.interruption, services.clock)


def _fit(
    worker: Worker, attempt: CohortAttempt, chain: "CheckpointChain", progress: ProgressSink
) -> CohortResult | Exception:
    """The fitted cohort, or why it failed: one bad coin never delays the others.

    Raises:
        LeaseLost: not the coin's fault, and none of the others would fare better.
    """
    from coin_models.training.run_fit import fit_cohort

    with chain.high_water_mark as high_water_mark:
        reached_before = high_water_mark.read()
    try:
        return fit_cohort(
            attempt.cohort,
            checkpoints=chain,
            notice=worker.notice,
            progress=attempt.meter.fit_begins(reached_before, also=progress),
            lease_alive=lambda: worker.services.leases.holds(attempt.leases.values()),
        )
    except LeaseLost:
        raise
    except Exception as error:  # noqa: BLE001 - given back, and tried coin by coin
        return error


def _publish(worker: Worker, attempt: CohortAttempt, chain: "CheckpointChain", fitted: CohortResult) -> Results:
    outcomes = publish_cohort(worker, attempt.cohort, attempt.prepared, attempt.leases, fitted)
    if all(outcome.version or outcome.coin not in fitted.coins for outcome in outcomes):
        chain.discard()  # else a fitted coin could not be published: the next try continues from its last steps
    usage = usage_of(fitted, len(attempt.leases), attempt.startup_seconds, attempt.meter.setup_seconds)
    return [(outcome, usage) for outcome in outcomes]


def _after_failure(worker: Worker, attempt: CohortAttempt, progress: ProgressSink, error: Exception) -> Results:
    """A cohort that fails is fitted in parts: so only the coin that causes it fails, and one that finds no memory needs less."""
    coins = list(attempt.leases)
    logger.error("fit of %s for %s failed: %s", ", ".join(coins), attempt.cohort.day, error, exc_info=error)
    no_memory = is_out_of_memory(error)
    parts = parts_of(coins, num_together=len(attempt.cohort.coins), no_memory=no_memory)
    if not parts:
        return [(_failed(worker, attempt, coins[0], MemoryError(str(error)) if no_memory else error), ComputeUsage())]
    if no_memory:
        release_memory_of(error)
    return [one for part in parts for one in fit_and_publish(worker, attempt.of(part), progress)]


def parts_of(coins: Sequence[str], *, num_together: int, no_memory: bool) -> list[Sequence[str]]:
    """The smaller cohorts of these coins after a failure of one of `num_together`; none where there is no smaller one.

    One coin each; without memory, first without those that were published before and fitted along, then halves.
    """
    if no_memory and len(coins) < num_together:
        return [coins]
    if len(coins) == 1:
        return []
    size = (len(coins) + 1) // 2 if no_memory else 1
    return [coins[first : first + size] for first in range(0, len(coins), size)]


def _failed(worker: Worker, attempt: CohortAttempt, coin: str, error: BaseException) -> CoinOutcome:
    return failed_coin(coin, attempt.cohort.day, error, interrupted_by=worker.interrupted_by())

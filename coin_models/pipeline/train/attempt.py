"""One try at a cohort: its rows are opened, it is fitted and published, and what became of each coin is written down.

Belongs here: these four steps, and a cohort that fails being tried again coin by coin. Not here: which cohorts there are
(cohorts.py), who may work on them and when (run.py), what a publication is (publish.py).
"""

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace

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

    def alone(self, coin: str) -> "CohortAttempt":
        """The same try at a cohort of this coin only."""
        cohort = CohortTask(
            day=self.cohort.day,
            coins=(self.prepared[coin].task,),
            training=self.cohort.training,
            architecture=self.cohort.architecture,
        )
        return replace(self, cohort=cohort, leases={coin: self.leases[coin]})


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
        meter=UsageMeter(list(rows.values()), startup_seconds),
    )


def carry_out(worker: Worker, attempt: CohortAttempt, progress: ProgressSink) -> list[CoinOutcome]:
    """Fits and publishes the cohort and closes its attempts; returns what became of each leased coin.

    Raises:
        Interrupted, LeaseLost, KeyboardInterrupt: the work was taken away; the attempts are closed as interrupted.
    """
    worker.meter = attempt.meter
    try:
        settled = fit_and_publish(worker, attempt, progress)
    except BaseException as error:
        settled = [(_failed(worker, attempt, coin, error), attempt.meter.usage()) for coin in attempt.leases]
        if outcome_of(error, heard=worker.interrupted_by()) is Outcome.INTERRUPTED:
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
    """Fits the cohort and publishes its leased coins; one that fails is tried coin by coin.

    Raises:
        LeaseLost: another session has taken over.
    """
    from coin_models.training.arithmetic import arithmetic_of
    from coin_models.training.checkpoints.chain import open_chain
    from coin_models.training.hardware import choose_device
    from coin_models.training.run_fit import fit_cohort

    services, cohort, settings = worker.services, attempt.cohort, worker.services.settings
    arithmetic = arithmetic_of(cohort.training, choose_device(cohort.training))
    services.sessions.note_arithmetic(worker.session.session_id, arithmetic)
    chain = open_chain(services.store, settings.home, cohort, settings.interruption, services.clock)
    with chain.high_water_mark as high_water_mark:
        reached_before = high_water_mark.read()
    failure: Exception | None = None
    with worker.notice:
        try:
            result = fit_cohort(
                cohort,
                checkpoints=chain,
                notice=worker.notice,
                progress=attempt.meter.fit_begins(reached_before, also=progress),
                lease_alive=worker.heartbeat.alive,
            )
        except LeaseLost:
            raise  # not the coin's fault, and none of the others would fare better
        except Exception as error:  # noqa: BLE001 - one bad coin never holds up the others
            failure = error
        else:
            outcomes = publish_cohort(worker, cohort, attempt.prepared, attempt.leases, result)
            if all(outcome.version or outcome.coin not in result.coins for outcome in outcomes):
                chain.discard()  # else a fitted coin could not be published: the next try goes on from its last steps
    if failure is not None:  # out of its handler: a coin that fails alone has a reason of its own
        return _after_failure(worker, attempt, progress, failure)
    usage = usage_of(result, len(attempt.leases), attempt.startup_seconds, attempt.meter.setup_seconds)
    return [(outcome, usage) for outcome in outcomes]


def _after_failure(worker: Worker, attempt: CohortAttempt, progress: ProgressSink, error: Exception) -> Results:
    """A cohort that fails is fitted coin by coin, so that only the coin that causes it fails."""
    coins = list(attempt.leases)
    logger.error("fit of %s for %s failed: %s", ", ".join(coins), attempt.cohort.day, error, exc_info=error)
    if len(coins) == 1:
        return [(_failed(worker, attempt, coins[0], error), ComputeUsage())]
    return [one for coin in coins for one in fit_and_publish(worker, attempt.alone(coin), progress)]


def _failed(worker: Worker, attempt: CohortAttempt, coin: str, error: BaseException) -> CoinOutcome:
    return failed_coin(coin, attempt.cohort.day, error, heard=worker.interrupted_by())

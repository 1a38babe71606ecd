"""Retrains one trading day: candles in, published versions out, coin by coin.

Belongs here: the order of things: prepare, take leases, fit, publish, write down what happened. Not here: how each is
done. A kill between any two steps is repaired by running this again.
"""

import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from coin_models.db.lease import LeaseToken
from coin_models.errors import Deferred, Interrupted, LeaseLost
from coin_models.market.universe import resolve_universe
from coin_models.operations.attempts import Action, ComputeUsage, Outcome
from coin_models.operations.leases import coin_day_lease
from coin_models.pipeline.services import ProgressSink
from coin_models.pipeline.train.cohorts import form_cohorts
from coin_models.pipeline.train.prepare import Prepared, architecture_of, prepare
from coin_models.pipeline.train.publish import CoinOutcome, publish_cohort, usage_of
from coin_models.pipeline.train.usage_meter import UsageMeter
from coin_models.pipeline.warm_up import import_trainer
from coin_models.pipeline.worker import Worker
from coin_models.registry.versions import ModelVersion
from coin_models.storage import keys
from coin_models.training.fit.tasks import CohortTask

logger = logging.getLogger(__name__)


def retrain(
    worker: Worker, day: date, coins: Sequence[str], *, force: bool = False, progress: ProgressSink | None = None
) -> Iterator[CoinOutcome]:
    """Publishes a version for each coin that can have one; yields each coin once, as soon as it is settled.

    Raises:
        Interrupted: the machine is going away; what was yielded is safe, the rest is checkpointed.
        Deferred: the worker's admission lets no further cohort through: budget, or on-demand should take over.
    """
    return _Retraining(worker, day, coins, force=force, progress=progress or worker.services.progress).run()


class _Retraining:
    def __init__(self, worker: Worker, day: date, coins: Sequence[str], *, force: bool, progress: ProgressSink) -> None:
        self._worker = worker
        self._services = worker.services
        self._day = day
        self._coins = list(coins)
        self._force = force
        self._progress = progress
        self._began = time.monotonic()

    def run(self) -> Iterator[CoinOutcome]:
        asked = set(self._coins)
        try:
            while asked:
                settled = False
                for outcome in self._round(sorted(asked, key=self._coins.index)):
                    asked.discard(outcome.coin)
                    settled = True
                    yield outcome
                if asked and not settled:
                    self._wait_for_others(asked)
            self._leave_if_told()
        except Deferred as deferral:
            self._worker.deferred |= {(coin, self._day): str(deferral) for coin in asked}
            raise

    def _round(self, coins: Sequence[str]) -> Iterator[CoinOutcome]:
        """Settles what it can; coins that another session is at work on are left out."""
        live = self._live_cohorts(coins)
        members = [coin for group in live for coin in group if coin not in coins]
        preparation = prepare(
            self._services, self._day, [*coins, *members], candle_failures=self._worker.candle_failures
        )
        prepared = preparation.prepared
        if self._force:
            prepared = {coin: item.forgotten() if coin in coins else item for coin, item in prepared.items()}
        settled = [
            *(
                self._settled(coin, Outcome.SKIPPED, Action.SKIPPED, reason)
                for coin, reason in preparation.skipped.items()
            ),
            *(
                self._settled(coin, Outcome.FAILED, Action.FAILED, reason)
                for coin, reason in preparation.failed.items()
            ),
            *(self._reused(coin, item.known) for coin, item in prepared.items() if item.known is not None),
        ]
        settled = [outcome for outcome in settled if outcome.coin in coins]
        self._record(settled)
        yield from settled
        cohorts = self._cohorts(prepared, live)
        for number, cohort in enumerate(cohorts):
            self._leave_if_told()
            self._pass_gate(cohorts[number:], prepared)
            yield from self._try_cohort(cohort, prepared, coins)

    def _pass_gate(self, cohorts: Sequence[CohortTask], prepared: Mapping[str, Prepared]) -> None:
        """Raises Deferred, and tells people, where the policy lets the first of these cohorts not begin."""
        unpublished = [sum(prepared[task.coin].known is None for task in cohort.coins) for cohort in cohorts]
        verdict = self._worker.admission(self._day, unpublished[0], sum(unpublished))
        if verdict.stop is not None:
            from coin_models.pipeline.notices import tell_deferred

            tell_deferred(self._services, self._day, verdict)
            raise Deferred(verdict.reason)

    def _live_cohorts(self, coins: Sequence[str]) -> list[tuple[str, ...]]:
        """Members of the cohorts that have a checkpoint and hold one of the coins."""
        stores = (self._services.store, self._services.local_checkpoints)
        if not any(store.list(keys.checkpoints_of_day(self._day)) for store in stores):
            return []  # the usual day, and one on which everything is reused: torch is not imported for it
        import_trainer(self._services.settings.training).result()
        from coin_models.training.checkpoints.chain import live_checkpoints

        return [found.coins for found in live_checkpoints(stores, self._day) if set(found.coins) & set(coins)]

    def _cohorts(self, prepared: Mapping[str, Prepared], live: Sequence[tuple[str, ...]]) -> list[CohortTask]:
        if all(item.known is not None for item in prepared.values()):
            return []  # and torch stays unimported
        settings = self._services.settings
        import_trainer(settings.training).result()
        from coin_models.training.hardware import choose_cohort_size

        return form_cohorts(
            prepared,
            universe=resolve_universe(settings),
            live=live,
            day=self._day,
            training=settings.training,
            architecture=architecture_of(settings),
            size=choose_cohort_size(settings.training),
        )

    def _try_cohort(
        self, cohort: CohortTask, prepared: Mapping[str, Prepared], asked: Sequence[str]
    ) -> Iterator[CoinOutcome]:
        """Fits and publishes a cohort if every coin of it that is unpublished can be leased; nothing otherwise."""
        coins = [task.coin for task in cohort.coins if prepared[task.coin].known is None]
        names = {coin_day_lease(coin, self._day): coin for coin in coins}
        held = self._services.leases.acquire(list(names), self._worker.session.session_id, run_id=self._worker.run_id)
        try:
            if len(held) == len(names) and not self._published_meanwhile(coins, prepared):
                yield from self._work(cohort, prepared, {names[name]: token for name, token in held.items()}, asked)
        finally:
            self._services.leases.release(held.values())

    def _published_meanwhile(self, coins: Sequence[str], prepared: Mapping[str, Prepared]) -> bool:
        """Whether somebody published one of the coins between our look and our lease: then look again."""
        find = self._services.registry.find
        return not self._force and any(find(coin, self._day, prepared[coin].task.fingerprint) for coin in coins)

    def _work(
        self,
        cohort: CohortTask,
        prepared: Mapping[str, Prepared],
        leases: Mapping[str, LeaseToken],
        asked: Sequence[str],
    ) -> Iterator[CoinOutcome]:
        log = self._services.attempts
        open_attempts = log.begin(list(leases), self._day, self._worker.session.session_id, run_id=self._worker.run_id)
        startup_seconds = time.monotonic() - self._began + self._worker.startup_seconds
        self._worker.startup_seconds = 0.0
        meter = self._worker.meter = UsageMeter(list(open_attempts.values()), startup_seconds)
        try:
            results = self._fit_and_publish(cohort, prepared, leases, startup_seconds / len(leases), meter)
        except BaseException as error:
            # An Interrupted, a KeyboardInterrupt, Dagster's own, a lost lease: none of them is a coin's error.
            for attempt in open_attempts.values():
                log.finish(
                    attempt,
                    Outcome.INTERRUPTED,
                    action=Action.TRAINED,
                    reason=str(error) or type(error).__name__,
                    usage=meter.usage(),
                )
            raise
        finally:
            self._worker.meter = None
        for outcome, usage in results:
            log.finish(
                open_attempts[outcome.coin],
                outcome.outcome,
                action=outcome.action,
                reason=outcome.reason,
                usage=usage,
            )
        self._began = time.monotonic()
        yield from (outcome for outcome, _ in results if outcome.coin in asked)

    def _fit_and_publish(
        self,
        cohort: CohortTask,
        prepared: Mapping[str, Prepared],
        leases: Mapping[str, LeaseToken],
        startup_seconds: float,
        meter: UsageMeter,
    ) -> list[tuple[CoinOutcome, ComputeUsage]]:
        from coin_models.training.arithmetic import arithmetic_of
        from coin_models.training.checkpoints.chain import open_chain
        from coin_models.training.hardware import choose_device
        from coin_models.training.run_fit import fit_cohort

        settings = self._services.settings
        arithmetic = arithmetic_of(cohort.training, choose_device(cohort.training))
        self._services.sessions.note_arithmetic(self._worker.session.session_id, arithmetic)
        chain = open_chain(self._services.store, settings.home, cohort, settings.interruption, self._services.clock)
        with chain.high_water_mark as high_water_mark:
            reached_before = high_water_mark.read()
        with self._worker.notice:
            try:
                result = fit_cohort(
                    cohort,
                    checkpoints=chain,
                    notice=self._worker.notice,
                    progress=meter.fit_begins(reached_before, also=self._progress),
                    lease_alive=self._worker.heartbeat.alive,
                )
            except LeaseLost:
                raise  # not the coin's fault, and none of the others would fare better
            except Exception as error:  # noqa: BLE001 - one bad coin never holds up the others
                return self._after_failure(cohort, prepared, leases, startup_seconds, meter, error)
            outcomes = publish_cohort(self._worker, cohort, prepared, leases, result)
            if all(outcome.version or outcome.coin not in result.coins for outcome in outcomes):
                chain.discard()  # else a fitted coin could not be published: the next try goes on from its last steps
        usage = usage_of(result, len(leases), startup_seconds, meter.setup_seconds)
        return [(outcome, usage) for outcome in outcomes]

    def _after_failure(
        self,
        cohort: CohortTask,
        prepared: Mapping[str, Prepared],
        leases: Mapping[str, LeaseToken],
        startup_seconds: float,
        meter: UsageMeter,
        error: Exception,
    ) -> list[tuple[CoinOutcome, ComputeUsage]]:
        """A cohort that fails is fitted coin by coin, so that only the coin that causes it fails."""
        logger.error("fit of %s for %s failed: %s", ", ".join(leases), self._day, error, exc_info=error)
        if len(leases) == 1:
            (coin,) = leases
            return [
                (self._settled(coin, Outcome.FAILED, Action.FAILED, f"{type(error).__name__}: {error}"), ComputeUsage())
            ]
        results: list[tuple[CoinOutcome, ComputeUsage]] = []
        for coin, token in leases.items():
            alone = CohortTask(
                day=cohort.day, coins=(prepared[coin].task,), training=cohort.training, architecture=cohort.architecture
            )
            results += self._fit_and_publish(alone, prepared, {coin: token}, startup_seconds, meter)
        return results

    def _leave_if_told(self) -> None:
        """Notice that came in a fit's last instants is no reason to throw the fit away, but one to begin nothing more."""
        notice = self._worker.notice.received()
        if notice is not None:
            raise Interrupted(f"{notice.source}: what was fitted is published, nothing further is begun")

    def _wait_for_others(self, coins: set[str]) -> None:
        """Another session holds all that is left: wait for it to publish, or for its lease to run out."""
        logger.info("%s of %s: another session is at work on them, waiting", ", ".join(sorted(coins)), self._day)
        with self._worker.notice:
            deadline = time.monotonic() + self._services.settings.operations.heartbeat_seconds
            while time.monotonic() < deadline:
                if self._worker.notice.received():
                    raise Interrupted("notice came while waiting for another session; nothing was begun here")
                time.sleep(0.1)

    def _settled(self, coin: str, outcome: Outcome, action: Action, reason: str) -> CoinOutcome:
        return CoinOutcome(coin=coin, day=self._day, outcome=outcome, action=action, reason=reason)

    def _reused(self, coin: str, version: ModelVersion) -> CoinOutcome:
        return CoinOutcome(coin=coin, day=self._day, outcome=Outcome.REUSED, action=Action.REUSED, version=version)

    def _record(self, outcomes: Sequence[CoinOutcome]) -> None:
        self._services.attempts.record(
            self._day,
            self._worker.session.session_id,
            {item.coin: (item.outcome, item.action, item.reason) for item in outcomes},
            run_id=self._worker.run_id,
        )

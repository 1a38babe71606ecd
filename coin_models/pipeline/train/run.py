"""Carries out the plan of one trading day: fits what is to be trained, parents first, and returns the outcome of each
coin.

Order: plan, admission, leases, one cohort after the other, waiting for other sessions. After a kill between any two
steps, running this again completes the day. One attempt at a cohort is in attempt.py.
"""

import logging
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from itertools import groupby

from coin_models.errors import Deferred, Interrupted, LeaseLost
from coin_models.operations.attempts import AttemptAction, Outcome
from coin_models.operations.interruptions import is_interruption
from coin_models.operations.leases import coin_day_lease
from coin_models.operations.places import CoinError, unavailable_coins
from coin_models.pipeline.plan.action import Action
from coin_models.pipeline.plan.facts import CoinDay, Hold, HoldKind
from coin_models.pipeline.plan.gather import plan_now
from coin_models.pipeline.plan.plan import Plan, PlannedCoinDay
from coin_models.pipeline.services import ProgressSink
from coin_models.pipeline.train.attempt import CohortAttempt, begin, carry_out
from coin_models.pipeline.train.cohorts import CohortMembers, cohorts_to_fit, live_cohorts
from coin_models.pipeline.train.outcome import CoinOutcome, failed_coin, settled_by_plan
from coin_models.pipeline.train.prepare import Prepared
from coin_models.pipeline.train.unreached import note_unreached
from coin_models.pipeline.worker import Worker
from coin_models.registry.versions import ModelVersion
from coin_models.training.fit.tasks import CohortTask

logger = logging.getLogger(__name__)

_NOT_RECORDED = (Action.STALE, Action.WAITING, Action.QUARANTINED)  # nothing was tried


def retrain(
    worker: Worker, day: date, coins: Sequence[str], *, force: bool = False, progress: ProgressSink | None = None
) -> Iterator[CoinOutcome]:
    """Publishes what the plan wants of these coins; yields each once, as soon as it is settled, and parents that it made.

    Raises:
        Interrupted: the machine is going away; what was yielded is safe, the rest is checkpointed.
        Deferred: the worker's admission policy lets no further cohort through: budget, or on-demand should take over.
        TrainerUnavailable: this machine cannot train.
        Exception: any other error that ended the whole run; each coin that it did not reach has an attempt of the place.
    """
    run = _Retraining(worker, day, coins, force=force, progress=progress or worker.services.progress)
    errors: dict[CoinDay, CoinOutcome] = {}
    try:
        for outcome in run.run():
            worker.outcomes[outcome.key] = outcome
            if outcome.error is not None and outcome.day == day:
                errors[outcome.key] = outcome
            yield outcome
    except (Deferred, LeaseLost):
        raise
    except Exception as error:
        if not is_interruption(error, interrupted_by=worker.interrupted_by()):
            note_unreached(worker, run.unreached(), error)
        raise
    _blame_places(worker, day, errors, num_tried=len(coins))


def _blame_places(worker: Worker, day: date, failed: Mapping[CoinDay, CoinOutcome], *, num_tried: int) -> None:
    """Where most coins failed alike, it is the place: their attempts are given back."""
    errors = [CoinError.of(item.coin, item.error) for item in failed.values() if item.error is not None]
    blamed = unavailable_coins(errors, num_tried=num_tried)
    if not blamed:
        return
    reasons = {coin: str(unavailable) for coin, unavailable in blamed.items()}
    worker.services.attempts.reclassify(worker.session.session_id, reasons, run_id=worker.run_id)
    for coin, reason in reasons.items():
        before = worker.outcomes[coin, day]
        worker.outcomes[coin, day] = CoinOutcome(
            coin=coin,
            day=day,
            outcome=Outcome.UNAVAILABLE,
            action=AttemptAction.UNAVAILABLE,
            reason=reason,
            error=before.error,
        )


class _Retraining:
    def __init__(self, worker: Worker, day: date, coins: Sequence[str], *, force: bool, progress: ProgressSink) -> None:
        self._worker = worker
        self._services = worker.services
        self._day = day
        self._coins = list(coins)
        self._force = force
        self._progress = progress
        self._failed: dict[CoinDay, Hold] = {}  # tried in this run: not tried again in it
        self._lost: set[CoinDay] = set()  # another session has taken them over
        self._fingerprints: dict[CoinDay, str] = {}
        self._to_train: dict[CoinDay, PlannedCoinDay] = {}  # of the newest plan, as long as it is not settled
        self._began = time.monotonic()

    def run(self) -> Iterator[CoinOutcome]:
        asked = set(self._coins)
        try:
            while asked:
                moved = False
                for outcome in self._round(sorted(asked, key=self._coins.index)):
                    moved = True
                    self._to_train.pop(outcome.key, None)
                    if outcome.day == self._day:
                        asked.discard(outcome.coin)
                    yield outcome
                if asked and not moved:
                    self._wait_for_others(asked)
            self._stop_if_noticed()
        except Deferred as deferral:
            self._worker.deferred |= {(coin, self._day): str(deferral) for coin in asked}
            raise

    def unreached(self) -> list[PlannedCoinDay]:
        """What was to be fitted and is not settled."""
        return list(self._to_train.values())

    def _plan(self, day: date, coins: Sequence[str], *, force: bool = False) -> Plan:
        return plan_now(
            self._services,
            [day],
            coins,
            problems=self._worker.candle_problems,
            holds=self._failed,
            by_hand=self._worker.by_hand,
            force=force,
            session_id=self._worker.session.session_id,
        )

    def _round(self, coins: Sequence[str]) -> Iterator[CoinOutcome]:
        """Settles what it can; coins that another session works on are left out."""
        plan = self._plan(self._day, coins, force=self._force)
        settled = [
            self._explained(settled_by_plan(plan, item, self._version(item)))
            for item in plan
            if item.action is not Action.TRAIN and not item.is_running
        ]
        self._record([outcome for outcome in settled if outcome.planned not in _NOT_RECORDED])
        yield from settled
        to_train = plan.to_train()
        self._to_train = {item.key: item for item in to_train if item.is_requested}
        unpublished = {item.key for item in to_train}
        num_left = len(to_train)
        for day, group in groupby(to_train, key=lambda item: item.day):
            named = list(group)
            planned = [item for item in named if not _comes_after(item, unpublished)]
            for outcome in self._train_day(plan, day, planned, num_left=num_left):
                if outcome.version is not None:
                    unpublished.discard(outcome.key)
                yield outcome
            num_left -= len(named)

    def _train_day(
        self, plan: Plan, day: date, planned: Sequence[PlannedCoinDay], *, num_left: int
    ) -> Iterator[CoinOutcome]:
        """Fits planned coins of a day: of the one requested, or of one that its coins start from."""
        if not planned:
            return
        named = {item.coin: item for item in planned}
        self._fingerprints |= {item.key: item.fingerprint or "" for item in planned}
        for made in cohorts_to_fit(self._services, self._members(plan, day, named)):
            for coin, error in made.failures.items():
                yield self._refused(named[coin], error)
            if made.cohort is not None:
                self._stop_if_noticed()
                self._worker.require_run()
                self._pass_gate(made.cohort, made.prepared, num_left)
                settled = self._try_cohort(made.cohort, made.prepared)
                yield from (outcome for outcome in settled if outcome.coin in named)
            num_left -= len(named.keys() & {*made.prepared, *made.failures})

    def _members(self, plan: Plan, day: date, named: Mapping[str, PlannedCoinDay]) -> CohortMembers:
        live = live_cohorts(self._services, day, list(named))
        others = self._finished(day, [coin for group in live for coin in group if coin not in named])
        return CohortMembers(
            day=day,
            to_publish=named,
            finished={item.coin: item for item in others or () if item.fingerprint is not None},
            histories={**(others.histories if others else {}), **plan.histories},
            recipe=plan.recipe,
            live=live,
        )

    def _finished(self, day: date, members: Sequence[str]) -> Plan | None:
        """The plan of coins that are not requested, but whose cohort's checkpoint is resumed."""
        return self._plan(day, members) if members else None

    def _pass_gate(self, cohort: CohortTask, prepared: Mapping[str, Prepared], num_left: int) -> None:
        """Raises Deferred, and tells people, where the policy lets this cohort not begin."""
        num_coins = sum(prepared[task.coin].existing is None for task in cohort.coins)
        verdict = self._worker.admission(self._day, num_coins, num_left)
        if verdict.stop is not None:
            from coin_models.pipeline.notices import tell_deferred

            tell_deferred(self._services, self._day, verdict)
            raise Deferred(verdict.reason)

    def _try_cohort(self, cohort: CohortTask, prepared: Mapping[str, Prepared]) -> Iterator[CoinOutcome]:
        """Fits and publishes a cohort if every coin of it that is unpublished can be leased; nothing otherwise."""
        coins = [task.coin for task in cohort.coins if prepared[task.coin].existing is None]
        names = {coin_day_lease(coin, cohort.day): coin for coin in coins}
        held = self._services.leases.acquire(list(names), self._worker.session.session_id, run_id=self._worker.run_id)
        try:
            if len(held) < len(names) or self._published_meanwhile(cohort.day, coins, prepared):
                return
            leases = {names[name]: token for name, token in held.items()}
            attempt = begin(self._worker, cohort, prepared, leases, since=self._began)
            settled = self._carried_out(attempt)
            for outcome in settled:
                self._note(outcome)
            self._began = time.monotonic()
            yield from settled
        finally:
            self._services.leases.release(held.values())

    def _carried_out(self, attempt: CohortAttempt) -> list[CoinOutcome]:
        """The outcome of each coin; none of a cohort that was lost: the next plan says what is left of it to do."""
        try:
            return carry_out(self._worker, attempt, self._progress)
        except LeaseLost as lost:
            logger.warning("%s of %s: dropped: %s", ", ".join(attempt.leases), attempt.cohort.day, lost)
            self._lost |= {(coin, attempt.cohort.day) for coin in attempt.leases}
            return []

    def _explained(self, outcome: CoinOutcome) -> CoinOutcome:
        """Says of what this session lost that it is there all the same."""
        if outcome.outcome is not Outcome.REUSED or outcome.key not in self._lost:
            return outcome
        return replace(outcome, reason="published by another session, which took it over from this one")

    def _published_meanwhile(self, day: date, coins: Sequence[str], prepared: Mapping[str, Prepared]) -> bool:
        """Whether another session published one of the coins between our look and our lease: then look again."""
        find = self._services.registry.find
        return not self._force and any(find(coin, day, prepared[coin].task.fingerprint) for coin in coins)

    def _note(self, outcome: CoinOutcome) -> None:
        """What failed is not tried again in this run."""
        if outcome.version is None:
            reason = outcome.reason or "no reason was recorded"
            is_place = outcome.outcome is Outcome.UNAVAILABLE
            kind = HoldKind.UNAVAILABLE if is_place else HoldKind.BACKOFF
            self._failed[outcome.key] = Hold(kind=kind, reason=reason, fingerprint=self._fingerprints.get(outcome.key))

    def _stop_if_noticed(self) -> None:
        """Notice that came in a fit's last instants is no reason to throw the fit away, but one to begin nothing more."""
        notice = self._worker.notice.received()
        if notice is not None:
            raise Interrupted(f"{notice.source}: finished models are published; no further cohort starts")

    def _wait_for_others(self, coins: set[str]) -> None:
        """Another session holds all that is left: wait for it to publish, or for its lease to run out."""
        self._worker.require_run()
        logger.info("%s of %s: another session works on them, waiting", ", ".join(sorted(coins)), self._day)
        with self._worker.notice:
            deadline = time.monotonic() + self._services.settings.operations.heartbeat_seconds
            while time.monotonic() < deadline:
                if self._worker.notice.received():
                    raise Interrupted(
                        "a preemption notice came while waiting for another session; nothing was started here"
                    )
                time.sleep(0.1)

    def _version(self, item: PlannedCoinDay) -> ModelVersion | None:
        registry = self._services.registry
        if item.action is Action.REUSE and item.fingerprint is not None:
            return registry.find(item.coin, item.day, item.fingerprint)
        if item.action is Action.STALE:
            return next(iter(registry.versions(item.coin, item.day)), None)
        return None

    def _refused(self, item: PlannedCoinDay, error: Exception) -> CoinOutcome:
        """A coin whose task could not be made: an attempt that was over as soon as it began."""
        outcome = failed_coin(item.coin, item.day, error, interrupted_by=self._worker.interrupted_by())
        row = {item.coin: (outcome.outcome, outcome.action, outcome.reason)}
        tried = {item.coin: item.fingerprint} if item.fingerprint else {}
        worker = self._worker
        self._services.attempts.record(
            item.day, worker.session.session_id, row, run_id=worker.run_id, fingerprints=tried
        )
        self._fingerprints[item.key] = item.fingerprint or ""
        self._note(outcome)
        return outcome

    def _record(self, outcomes: Sequence[CoinOutcome]) -> None:
        self._services.attempts.record(
            self._day,
            self._worker.session.session_id,
            {item.coin: (item.outcome, item.action, item.reason) for item in outcomes},
            run_id=self._worker.run_id,
        )


def _comes_after(item: PlannedCoinDay, unpublished: Collection[CoinDay]) -> bool:
    """Whether it starts from a version that failed in this round, or that another session works on: the next plan knows."""
    return item.parent_day is not None and (item.coin, item.parent_day) in unpublished

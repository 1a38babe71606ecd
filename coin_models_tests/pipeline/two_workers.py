"""Two workers that are killed at random over jobs in a random order; a killed worker is followed by another."""

import random
import threading
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from coin_models.market.asking import CandleProblem
from coin_models.pipeline.train.outcome import CoinOutcome
from coin_models.pipeline.worker import Worker
from coin_models_tests.pipeline.killable import Instant, Killed, never
from coin_models_tests.pipeline.shared_worlds import Job, SharedWorld, carry_out

COINS = ("BTC", "ETH", "SOL")
DAYS = tuple(date(2026, 3, 1) + timedelta(days=number) for number in range(10))
NUM_WORKERS = 2
_KILLS_PER_WORKER = 3
_DAYS_ASKED_TWICE = 3

CANDLES, FIT, PUBLISHING, ELSEWHERE = "candles", "fit", "publishing", "elsewhere"
_BEGINS = {
    CANDLES: ("put candles", "put done candles", "INSERT INTO candle_months", "UPDATE candle_months"),
    FIT: ("fit",),
    PUBLISHING: ("put models", "put done models", "INSERT INTO model_versions"),
    ELSEWHERE: ("",),
}
_LATEST = {CANDLES: 3, FIT: 4, PUBLISHING: 4, ELSEWHERE: 250}  # the n-th such event of a process, at most


def part_of(event: str) -> str:
    """In which part of the work an event is."""
    return next(part for part, begins in _BEGINS.items() if event.startswith(begins))


def random_jobs(dice: random.Random) -> list[Job]:
    """Every coin-day, in a random order: days whole or in two parts, and some days a second time."""
    jobs: list[Job] = []
    for day in DAYS:
        coins = dice.sample(COINS, len(COINS))
        at = dice.choice((len(coins), len(coins), 1))
        jobs += [(day, tuple(part)) for part in (coins[:at], coins[at:]) if part]
    jobs += [(day, COINS) for day in dice.sample(DAYS, _DAYS_ASKED_TWICE)]
    dice.shuffle(jobs)
    return jobs


def random_kills(dice: random.Random) -> list[list[Instant]]:
    """For each worker the instants at which it and its followers die, one in each part of the work among the first.

    Candles come first: while nothing is stored, every job has some to put.
    """
    parts = [CANDLES, *dice.sample((FIT, PUBLISHING), 2)]
    parts += dice.choices(tuple(_BEGINS), k=NUM_WORKERS * _KILLS_PER_WORKER - len(parts))
    instants = [Instant(_BEGINS[part], dice.randint(1, _LATEST[part])) for part in parts]
    dealt = [instants[number::NUM_WORKERS] for number in range(NUM_WORKERS)]
    dice.shuffle(dealt)
    return dealt


@dataclass(slots=True)
class TwoWorkers:
    """Carries out jobs in their order with two workers at once."""

    world: SharedWorld
    jobs: list[Job]
    kills: Sequence[Sequence[Instant]]
    killed_in: Counter[str] = field(default_factory=Counter)  # by part of the work
    failed: list[CoinOutcome | CandleProblem] = field(default_factory=list)
    crashed: list[BaseException] = field(default_factory=list)  # a lost lease is one, too: none runs out here
    worker_of: dict[str, int] = field(default_factory=dict)  # by session
    _alive: dict[str, Worker] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def run(self) -> None:
        threads = [threading.Thread(target=self._follow_each_other, args=(number,)) for number in range(NUM_WORKERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _follow_each_other(self, number: int) -> None:
        """One process after another, until nothing is left to do."""
        try:
            for instant in (*self.kills[number], never()):
                if not self._is_killed(number, instant):
                    return
                self.world.let_a_lease_run_out(lambda: list(self._alive.values()))
        except BaseException as error:  # noqa: BLE001 - the test says so, not the thread
            self.crashed.append(error)

    def _is_killed(self, number: int, instant: Instant) -> bool:
        """One process, and whether it was killed; its job is then put back."""
        job: Job | None = None
        worker: Worker | None = None
        services = self.world.services(instant)
        try:
            with self.world.standing.lock:  # between a session's birth and its first heartbeat
                worker = self.world.open_worker(services)
                self._alive[worker.session.session_id] = worker
            self.worker_of[worker.session.session_id] = number
            while (job := self._next()) is not None:
                self._note(carry_out(worker, job, instant))
        except Killed:
            with self._lock:
                self.killed_in[part_of(instant.died_at)] += 1
                self.jobs[:0] = [job] if job is not None else []
            return True
        finally:
            if worker is not None:
                self._alive.pop(worker.session.session_id, None)
            services.database.close()
        return False

    def _note(self, outcomes: Iterable[CoinOutcome | CandleProblem]) -> None:
        for outcome in outcomes:
            if isinstance(outcome, CandleProblem) or outcome.version is None:
                self.failed.append(outcome)

    def _next(self) -> Job | None:
        with self._lock:
            return self.jobs.pop(0) if self.jobs else None

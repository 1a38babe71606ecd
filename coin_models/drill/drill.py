"""The drill: retrains uninterrupted, retrains under kills, compares the two.

The days are divided into stretches. Each stretch is trained once uninterrupted, then in another home until it is done,
by one worker or by several at the same time, each killed by plan. If a stretch is done before all kills have happened,
the next stretch follows, whose models start from the previous ones.
"""

import os
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from statistics import median

from sqlalchemy import func, select

from coin_models.db.schema import attempts, sessions
from coin_models.drill.backends import Places, embedded, settings_to_read
from coin_models.drill.child_run import DrillHome, Life, live
from coin_models.drill.comparison import compare
from coin_models.drill.goodput import two_accounts
from coin_models.drill.kill_plan import Kill, Mode, plan_kills
from coin_models.drill.restart import unavoidable_seconds
from coin_models.drill.scorecard import Scorecard, score
from coin_models.errors import TrainingError, UsageError
from coin_models.market.sources.demo_coins import DEMO_COINS
from coin_models.operations.attempts import Outcome
from coin_models.pipeline.services import Services
from coin_models.settings.renamed import PREFIX

_FIRST_DAY = date(2024, 8, 1)
_SPREAD_SECONDS = 6.0  # of training, over which the instants are spread: some checkpoints' worth
_MISSES_PER_KILL = 8
_LIVES_PER_KILL = 3  # beyond that many children something is wrong
_MOST_WORKERS = 16
_MOST_DAYS = 31

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class DrillPlan:
    """What is drilled."""

    num_kills: int = 10
    mode: Mode = Mode.MIXED
    seed: int = 7
    num_coins: int = 6
    cohort_size: int = 3
    num_workers: int = 1
    num_days: int = 1  # that a worker retrains in one go
    variables: tuple[tuple[str, str], ...] = (
        ("TRAINING_LOOKBACK_DAYS", "60"),
        ("TRAINING_FULL_RETRAIN_EVERY_DAYS", "3"),
        ("TRAINING_EPOCHS", "24"),
        ("TRAINING_INCREMENTAL_EPOCHS", "24"),
        ("OPERATIONS_HEARTBEAT_SECONDS", "0.5"),
    )
    """Settings of the drill's homes, without their prefix; the others are the defaults, never the user's own.

    Many epochs on a short lookback: a fit must last for several checkpoints, or there is nothing to kill. A killed session
    is closed at its last heartbeat: where these are frequent, the ledger can be held against the drill's own watch.
    """

    def __post_init__(self) -> None:
        if self.num_kills < 1:
            raise UsageError(f"--kills {self.num_kills}: a drill without a kill proves nothing; give at least 1")
        if not 1 <= self.num_coins <= len(DEMO_COINS):
            raise UsageError(f"--coins {self.num_coins}: the demo market has 1 to {len(DEMO_COINS)} coins")
        if self.cohort_size < 1:
            raise UsageError(f"--cohort {self.cohort_size}: at least one coin is fitted at a time")
        if not 1 <= self.num_workers <= _MOST_WORKERS:
            raise UsageError(
                f"--workers {self.num_workers}: 1 to {_MOST_WORKERS} workers can be drilled on one machine"
            )
        if not 1 <= self.num_days <= _MOST_DAYS:
            raise UsageError(f"--days {self.num_days}: 1 to {_MOST_DAYS} days are retrained in one go")

    @property
    def coins(self) -> tuple[str, ...]:
        """The demo universe's first coins."""
        return tuple(DEMO_COINS)[: self.num_coins]

    @property
    def full_retrain_every_days(self) -> int:
        """Of the drill's homes."""
        return int(dict(self.variables)["TRAINING_FULL_RETRAIN_EVERY_DAYS"])


def run_drill(plan: DrillPlan, folder: Path, say: Say, places: Places = embedded) -> Scorecard:
    """Runs the drill in an empty folder, its homes' databases and stores where `places` puts them.

    Raises:
        TrainingError: a child failed by itself, or the kills kept it from ever getting on.
    """
    began = time.monotonic()
    whole, killed = (_home(folder / name, plan, places(name)) for name in ("in-peace", "killed"))
    drill = _Drill(plan, whole, killed, say)
    drill.run()
    say("comparing every weight and every registry row")
    settings = [settings_to_read(home.folder, home.environment) for home in (whole, killed)]
    return score(
        drill.peaceful,
        drill.lives,
        compare(settings[0], settings[1], plan.coins, drill.days, full_retrain_every_days=plan.full_retrain_every_days),
        checkpoint_overhead=_checkpoint_overhead([Services(settings=each) for each in settings]),
        workers=plan.num_workers,
        accounts=two_accounts(Services(settings=settings[1]), drill.lives),
        days=len(drill.days),
        seconds=time.monotonic() - began,
        unavoidable_seconds=median(drill.unavoidable),
        durable_seconds_max=_durable_seconds_max(Services(settings=settings[1])),
    )


class _Drill:
    def __init__(self, plan: DrillPlan, whole: DrillHome, killed: DrillHome, say: Say) -> None:
        self._plan, self._whole, self._killed, self._say = plan, whole, killed, say
        self._kills = deque(plan_kills(plan.num_kills, plan.mode, plan.seed))
        self.peaceful: list[Life] = []
        self.lives: list[Life] = []
        self.days: list[date] = []
        self._missed: Counter[Kill] = Counter()
        self._lock = threading.Lock()  # the workers share the kills and what was seen
        self.unavoidable: list[
            float
        ] = []  # seconds, once a stretch: what else the machine does changes in a long drill

    def run(self) -> None:
        while self._kills or not self.days:
            stretch = [_FIRST_DAY + timedelta(days=len(self.days) + number) for number in range(self._plan.num_days)]
            self.days += stretch
            self._say(f"{_span(stretch)}: retraining {self._plan.num_coins} coins without interruption")
            self.peaceful.append(live(self._whole, stretch, None, after_seconds=0.0))
            self.unavoidable.append(unavoidable_seconds(self._whole, self._plan.coins, stretch[0]))
            self._be_killed(stretch)

    def _be_killed(self, stretch: Sequence[date]) -> None:
        """Retrains the stretch in the other home with all workers, until each of them finds nothing left to do."""
        given_up = threading.Event()
        with ThreadPoolExecutor(self._plan.num_workers) as pool:
            futures = [pool.submit(self._work, worker, stretch, given_up) for worker in range(self._plan.num_workers)]
            try:
                for future in as_completed(futures):
                    future.result()
            except BaseException:
                given_up.set()
                raise

    def _work(self, worker: int, stretch: Sequence[date], given_up: threading.Event) -> None:
        """One child after another, until one ends by itself."""
        while True:
            with self._lock:
                self._check_progress()
                kill = self._kills.popleft() if self._kills else None
                after_seconds = self._instant(kill)
            life = live(
                self._killed, stretch, kill, after_seconds=after_seconds, worker=worker, given_up=given_up
            )  # fmt: skip
            with self._lock:
                self.lives.append(life)
                if life.killed_in is not None:
                    self._tell(life)
                elif kill is not None:
                    self._put_back(kill)
            if life.killed_in is None:
                return

    def _check_progress(self) -> None:
        most = (_LIVES_PER_KILL * self._plan.num_kills + 20) * self._plan.num_workers
        if len(self.lives) > most:
            raise TrainingError(
                f"{len(self.lives)} children and {len(self._kills)} kills left: the work makes no progress"
            )

    def _put_back(self, kill: Kill) -> None:
        """For another child: this one was done before the kill's time came."""
        self._kills.append(kill)
        self._missed[kill] += 1
        if self._missed[kill] > _MISSES_PER_KILL * self._plan.num_workers:
            where = f"the phase {kill.phase}" if kill.phase else "its instant"
            raise TrainingError(f"{self._missed[kill]} children ended before {where}, where a kill was to come")

    def _instant(self, kill: Kill | None) -> float:
        """Seconds from the child's start to the kill."""
        if kill is None:
            return 0.0
        seen = [*self.peaceful, *self.lives]
        if kill.phase == "start-up":
            return kill.share * 0.5 * median(life.start_seconds or 0.0 for life in seen)
        first_steps = [life.first_step_seconds for life in seen if life.first_step_seconds is not None]
        return kill.share * (median(first_steps) + _SPREAD_SECONDS)

    def _tell(self, life: Life) -> None:
        number = sum(each.killed_in is not None for each in self.lives)
        name = life.kill.number.name if life.kill else ""
        who = "" if self._plan.num_workers == 1 else f" of worker {life.worker + 1}"
        days = _span(self.days[-self._plan.num_days :])
        self._say(f"{days}: kill {number} of {self._plan.num_kills}: {name}{who} in phase {life.killed_in}")


def _span(days: Sequence[date]) -> str:
    return f"{days[0]}" if len(days) == 1 else f"{days[0]} to {days[-1]}"


def _home(folder: Path, plan: DrillPlan, variables: Mapping[str, str]) -> DrillHome:
    """Nothing of the user's own settings: not the environment's, nor those of a file in the current folder."""
    plain = {name: value for name, value in os.environ.items() if not name.upper().startswith(PREFIX)}
    ours = {"HOME": str(folder), "SOURCE": "demo", "UNIVERSE": ",".join(plan.coins), **dict(plan.variables)}
    ours["TRAINING_COHORT_SIZE"] = str(plan.cohort_size)
    prefixed = {PREFIX + name: value for name, value in ours.items()}
    return DrillHome(folder=folder, environment={**plain, **prefixed, **variables})


def _durable_seconds_max(services: Services) -> float | None:
    """The longest that any session used of its grace: notice, checkpoint durable here and in the store, session closed."""
    with services.database.read() as connection:
        longest: float | None = connection.execute(select(func.max(sessions.c.grace_used_seconds))).scalar_one()
    return longest


def _checkpoint_overhead(services_list: list[Services]) -> float:
    """Share of the fits' time for which training stood still to save, over every fit that was finished."""
    table = attempts.c
    fitting = table.useful_seconds + table.redone_seconds + table.checkpoint_seconds
    query = select(func.sum(table.checkpoint_seconds), func.sum(fitting)).where(table.outcome == Outcome.DONE.value)
    saving, total = 0.0, 0.0
    for services in services_list:
        with services.database.read() as connection:
            row = connection.execute(query).one()
        saving, total = saving + (row[0] or 0.0), total + (row[1] or 0.0)
    return saving / total if total else 0.0

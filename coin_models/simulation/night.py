"""A night: lived through by machines and a daemon, and looked at afterwards.

Faults happen in the night. After it, when everything that was begun has ended, one more undisturbed run of the same
command must leave nothing to do: then the guarantees are checked.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from typing import Any

from coin_models.errors import CoinModelsError, Interrupted
from coin_models.pipeline.candles import refresh_candles
from coin_models.pipeline.run_summary import RunSummary
from coin_models.simulation.database import empty_image
from coin_models.simulation.faults import Event, EventKind
from coin_models.simulation.guarantees import broken_guarantees
from coin_models.simulation.market import COINS
from coin_models.simulation.night_plan import DAY, START_SECONDS, NightPlan
from coin_models.simulation.programs import keep, keep_for_two_hours, retrain_days
from coin_models.simulation.scheduler import Endless, Process
from coin_models.simulation.settings import small_settings
from coin_models.simulation.world import Home, SimulatedServices, World, new_world

END_SECONDS = 14 * 3600.0  # by when every machine has ended, whatever happened
RETRY_SECONDS = 300.0
MOST_STARTS = 40  # of a machine in a night


@dataclass(frozen=True, slots=True, kw_only=True)
class NightResult:
    """What a night came to."""

    plan: NightPlan
    broken: tuple[str, ...]  # guarantees, a sentence each
    num_operations: int
    num_disturbable: int  # of them, those before everything that was begun had ended
    num_events: int
    num_killed: int
    hit: tuple[str, ...]  # what each fault hit
    digest: int  # of all that happened


def live(plan: NightPlan, record: list[str] | None = None) -> NightResult:
    """Lives through the night and checks the guarantees; `record` takes the operations' names."""
    home, settings = starting_home(plan.starts_from, plan.num_coins), small_settings(plan.num_coins)
    world = new_world(settings, home, plan.seed, {fault.operation: fault for fault in plan.faults}, DAY)
    world.operations.record = record
    try:
        with world.installed():
            night = _Night(world, plan)
            broken = night.run()
        return NightResult(
            plan=plan,
            broken=tuple(broken),
            num_operations=world.operations.num_done,
            num_disturbable=night.num_disturbable,
            num_events=world.scheduler.num_events,
            num_killed=sum(process.was_killed for process in world.processes),
            hit=tuple(f"{fault}: {what}" for fault, what in world.operations.hit),
            digest=world.operations.digest,
        )
    finally:
        world.sqlite.close()


@dataclass(slots=True, eq=False)
class _Night:
    world: World
    plan: NightPlan
    broken: list[str] = field(default_factory=list)
    num_disturbable: int = 0

    def run(self) -> list[str]:
        world, scheduler = self.world, self.world.scheduler
        for event in self.plan.events:
            scheduler.at(event.at_seconds, lambda event=event: self._happen(event))  # type: ignore[misc]
        for number in range(self.plan.num_machines):
            begins = START_SECONDS + world.dice.uniform(0, 30) + 20 * number
            scheduler.at(begins, lambda number=number: self._start_machine(number, 0, 0))  # type: ignore[misc]
        scheduler.at(START_SECONDS - 60, lambda: self._start_keeper(0))
        try:
            scheduler.run(END_SECONDS)
            self._calm_down()
            self._undisturbed_run()
            self._look_at_failures()
            return [*self.broken, *world.audit.violations, *broken_guarantees(world, self.plan.days)]
        except Endless as endless:
            return [f"the night does not end: {endless}"]

    def _start_machine(self, number: int, starts: int, generation: int) -> None:
        """A process on a machine; when it has ended, the next one, until it is done or the night is over."""
        process = self.world.process(f"machine {number}.{starts}", f"m{number}.{generation}")
        task = self.world.scheduler.spawn(process, "main", lambda: self._retrain(process))
        self.world.scheduler.when_done(task, lambda: self._ended(process, number, starts, generation))

    def _retrain(self, process: Process) -> None:
        if not is_complete(retrain_days(self.world.services(process), self.plan.days)):
            raise Incomplete

    def _ended(self, process: Process, number: int, starts: int, generation: int) -> None:
        scheduler, dice = self.world.scheduler, self.world.dice
        scheduler.end(process)
        is_done = process.failure is None and process.was_killed is False
        if is_done or scheduler.now > END_SECONDS / 2 or starts + 1 >= MOST_STARTS:
            return
        is_new_machine = (process.was_killed or process.is_noticed) and dice.random() < 0.5
        pause = dice.uniform(30, 600) if process.was_killed else min(RETRY_SECONDS * 2**starts, 3600.0)
        following = generation + is_new_machine
        scheduler.at(scheduler.now + pause, lambda: self._start_machine(number, starts + 1, following))

    def _start_keeper(self, starts: int) -> None:
        """The daemon, and after its death the next one."""
        process = self.world.process(f"daemon {starts}", "daemon")
        services = self.world.services(process)
        task = self.world.scheduler.spawn(process, "main", lambda: keep(services, self._is_over))

        def ended() -> None:
            self.world.scheduler.end(process)
            if process.was_killed:
                self.world.scheduler.at(self.world.scheduler.now + 60, lambda: self._start_keeper(starts + 1))

        self.world.scheduler.when_done(task, ended)

    def _is_over(self) -> bool:
        """Whether every machine has ended, so that the daemon has nothing to look at."""
        return not any(process.is_running and process.machine != "daemon" for process in self.world.processes) and (
            self.world.scheduler.num_waiting_events == 0 and self.world.scheduler.now > START_SECONDS + 60
        )

    def _happen(self, event: Event) -> None:
        world, kind = self.world, event.kind
        coins = world.settings.universe
        coin = coins[event.target % len(coins)]
        if kind is EventKind.SKEW:
            for generation in range(3):
                world.skews[f"m{event.target % self.plan.num_machines}.{generation}"] = event.seconds
        elif kind is EventKind.CORRECT:
            day = DAY - timedelta(days=event.target)
            world.market.corrected[coin, day] = world.market.corrected.get((coin, day), 0) + 1
            self._run_alone("corrector", lambda services: list(refresh_candles(services, day, day, [coin])))
        elif kind is EventKind.DELIST:
            world.market.delisted_on.setdefault(coin, DAY)
        elif kind is EventKind.SETTINGS:
            training = world.settings.training.model_copy(update={"learning_rate": 1e-3})
            world.settings = world.settings.model_copy(update={"training": training})
        elif kind is EventKind.UPGRADE:
            world.code = "1" * 64
        else:
            place: Any = {
                EventKind.SOURCE_OUTAGE: world.market,
                EventKind.STORE_OUTAGE: world.store,
                EventKind.DATABASE_OUTAGE: world.sqlite,
            }[kind]
            place.is_away = True
            world.scheduler.at(world.scheduler.now + event.seconds, lambda: setattr(place, "is_away", False))

    def _run_alone(self, name: str, work: Any) -> Process:
        process = self.world.process(name, name)
        services = self.world.services(process)
        task = self.world.scheduler.spawn(process, "main", lambda: work(services))
        self.world.scheduler.when_done(task, lambda: self.world.scheduler.end(process))
        return process

    def _calm_down(self) -> None:
        """The disturbances are over: places answer, clocks are right, no fault is left; what still runs goes to its end."""
        world = self.world
        world.market.is_away = world.store.is_away = world.sqlite.is_away = False
        world.skews.clear()
        world.operations.faults = {}
        world.scheduler.run(END_SECONDS + 6 * 3600)
        self.num_disturbable = world.operations.num_done
        running = [process.name for process in world.processes if process.is_running]
        if running:
            self.broken.append(f"still running hours after the last disturbance: {', '.join(running)}")

    def _undisturbed_run(self) -> None:
        """The next evening's run: it completes what was left, and a second one finds nothing to do."""
        world = self.world
        for correction, day in list(world.market.corrected):
            self._run_alone(
                "corrector", lambda services, c=correction, d=day: list(refresh_candles(services, d, d, [c]))
            )
        world.scheduler.run(world.scheduler.now + 600)
        summaries: list[RunSummary] = []

        def work(services: SimulatedServices) -> None:
            summaries.extend(retrain_days(services, self.plan.days))

        last = self._run_alone("last", work)
        world.scheduler.run(world.scheduler.now + 4 * 3600)
        daemon = self._run_alone("last daemon", keep_for_two_hours)
        world.scheduler.run(world.scheduler.now + 4 * 3600)
        if last.failure is not None:
            self.broken.append(f"an undisturbed run failed: {last.failure!r}")
        elif not is_complete(summaries):
            self.broken.append(f"an undisturbed run left something: {[each.to_json() for each in summaries]}")
        if daemon.failure is not None:
            self.broken.append(f"an undisturbed daemon failed: {daemon.failure!r}")

    def _look_at_failures(self) -> None:
        """A process may end with an error of the package, or for a notice: with nothing else."""
        for process in self.world.processes:
            if not isinstance(process.failure, CoinModelsError | Interrupted | Incomplete | None):
                self.broken.append(f"{process.name} crashed: {process.failure!r}")


class Incomplete(Exception):
    """A run that left something: its supervisor starts it again."""


def is_complete(summaries: Sequence[RunSummary]) -> bool:
    """Whether a supervisor would not start the run again."""
    settled = ("done", "skipped", "stale")
    return all(coin.state in settled for each in summaries for coin in each.coins.values()) and not any(
        each.step_failures for each in summaries
    )


@cache
def starting_home(kind: str, num_coins: int = len(COINS)) -> Home:
    """A home before the night: with candles, or with the models of the day before too."""
    settings = small_settings(num_coins)
    day = DAY - timedelta(days=2)
    world = new_world(settings, Home(database=empty_image(), objects={}), 1, {}, day)
    with world.installed():
        night = _Night(world, NightPlan(seed=1))

        def work(services: SimulatedServices) -> None:
            if kind == "models":
                retrain_days(services, [day])
            else:
                first = day - timedelta(days=60)
                list(refresh_candles(services, first, day, settings.universe))

        process = night._run_alone("first", work)
        world.scheduler.run(12 * 3600)
        if process.failure is not None:
            raise process.failure
        home = world.home()
    world.sqlite.close()
    return home

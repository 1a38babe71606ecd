"""The drill of a fleet: a backfill by several workers, whose hosts, servers and fits fail at random.

The same days are retrained by one machine without interruption, and the two are compared byte for byte.
"""

import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from statistics import median, quantiles
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from coin_models.db.schema import attempts, sessions
from coin_models.defs.instance.home import dagster_home, open_instance
from coin_models.defs.sensors.missing import unreported_days
from coin_models.drill.backends import settings_to_read
from coin_models.drill.comparison import compare
from coin_models.drill.fleet_plan import Fault, FleetDrillPlan
from coin_models.drill.fleet_scorecard import FleetScorecard
from coin_models.drill.host import Host
from coin_models.drill.worker_hosts import WorkerHost, WorkerHosts, namespace_command
from coin_models.errors import CoinModelsError, TrainingError
from coin_models.operations.attempts import Outcome
from coin_models.pipeline.services import Services
from coin_models.settings.renamed import PREFIX

if TYPE_CHECKING:
    from coin_models.dev_stack.stack import LocalStack

_PATIENCE_SECONDS = 600.0  # for a fit to be seen, and for everything to be done after the last fault
_POLL_SECONDS = 0.25
_COMMAND = "from coin_models.cli.main import main; main()"

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class HostKill:
    """A host that was killed, and the attempts that died with it."""

    at: datetime
    attempts: tuple[tuple[int, str, date], ...]  # id, coin, day


def run_fleet_drill(plan: FleetDrillPlan, folder: Path, say: Say, stack: "LocalStack") -> FleetScorecard:
    """Runs the drill in an empty folder, on a stack that is started for it and stopped however it ends.

    Raises:
        TrainingError: the host did not come up, or the work did not get to its end in time.
    """
    began = time.monotonic()
    say(f"{plan.days[0]} to {plan.days[-1]}: retraining {plan.num_coins} coins on one machine, without interruption")
    alone = _environment(plan, folder / "in-peace", {})
    _command(folder / "in-peace", alone, "retrain", "--from", str(plan.days[0]), "--to", str(plan.days[-1]), "--json")
    try:
        drill = _Drill(plan, folder / "fleet", stack, say)
        drill.run()
        say("comparing every weight and every registry row")
        return _score(plan, drill, settings_to_read(folder / "in-peace", alone), time.monotonic() - began)
    finally:
        stack.down()


class _Drill:
    def __init__(self, plan: FleetDrillPlan, folder: Path, stack: "LocalStack", say: Say) -> None:
        self._plan, self._stack, self._say = plan, stack, say
        self._environment = _environment(plan, folder, stack.up(fleet=True).environment())
        self.settings = settings_to_read(folder, self._environment)
        self.kills: list[HostKill] = []
        self._dice = random.Random(plan.seed)  # noqa: S311 - a draw that can be repeated, not a secret
        self._folder = folder
        self.hosts = WorkerHosts(folder / "hosts", self._environment)

    def run(self) -> None:
        """From the request to the end of all work."""
        control = Host(self._folder, self._environment, dagster_home(self.settings))
        self.services = Services(settings=self.settings)
        try:
            open_instance(self.settings).dispose()
            control.boot()
            control.wait_until_up()
            for _ in range(self._plan.num_workers):
                self.hosts.start()
            days = self._plan.days
            _command(self._folder, self._environment, "backfill", "--from", str(days[0]), "--to", str(days[-1]))
            faults = self._plan.faults()
            for number, fault in enumerate(faults, start=1):
                self._wait_for("a fit", lambda: bool(self._training()) or self._is_done())
                time.sleep(self._dice.uniform(0.2, 3.0))
                self._say(f"fault {number} of {len(faults)}: {fault}")
                self._inject(fault)
            self._say("no more faults: waiting for the end")
            self._wait_for("the end of all work", self._is_done)
        finally:
            self.hosts.end()
            control.die()

    def _inject(self, fault: Fault) -> None:
        host = self._dice.choice(self._training() or [host for host in self.hosts.all if host.is_up])
        if fault is Fault.HOST:
            self._kill(host)
        elif fault is Fault.PAUSE:
            host.pause(2 * self._plan.lease_seconds)
        elif fault is Fault.FIT:
            fitting = host.fitting()
            if fitting is not None:
                fitting.kill()
        elif fault is Fault.BROKER:
            self._stack.redis.process.kill()
            self._stack.up(fleet=True)
        else:
            self._stack.postgres.process.stop()
            self._stack.up(fleet=True)

    def _training(self) -> list[WorkerHost]:
        """The hosts with an attempt that runs, by the database."""
        query = select(sessions.c.host).join(attempts, attempts.c.session_id == sessions.c.id)
        try:
            with self.services.database.read() as connection:
                running = set(connection.execute(query.where(attempts.c.outcome == Outcome.RUNNING.value)).scalars())
        except CoinModelsError:  # it is being restarted
            return []
        up = [(host, host.namespace) for host in self.hosts.all if host.is_up]
        return [host for host, namespace in up if any(name.endswith(namespace) for name in running)]

    def _kill(self, host: WorkerHost) -> None:
        namespace = host.namespace
        host.die()
        at = datetime.now(UTC)
        query = (
            select(attempts.c.id, attempts.c.coin, attempts.c.day)
            .join(sessions, sessions.c.id == attempts.c.session_id)
            .where(attempts.c.outcome == Outcome.RUNNING.value, sessions.c.host.endswith(namespace))
        )
        with self.services.database.read() as connection:
            rows = tuple((row.id, row.coin, row.day) for row in connection.execute(query))
        self.kills.append(HostKill(at=at, attempts=rows))
        self.hosts.start()

    def _wait_for(self, what: str, happened: Callable[[], bool]) -> None:
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while not happened():
            if time.monotonic() > deadline:
                raise TrainingError(
                    f"{what} did not happen within {_PATIENCE_SECONDS:.0f} s; logs are in {self._folder}"
                )
            for number, host in enumerate(self.hosts.all):
                if not host.is_up and host.process.returncode > 0:
                    raise TrainingError(
                        f"worker {number} ended with exit code {host.process.returncode}; see its log in {self._folder}"
                    )
            time.sleep(_POLL_SECONDS)

    def _is_done(self) -> bool:
        """The daemon ends a backfill when models, trades and reports are there."""
        try:
            if self.services.requests.backfills():
                return False
            return self.num_unfinished() == 0
        except CoinModelsError:  # a server that is being restarted
            return False

    def num_unfinished(self) -> int:
        """Runs that wait or work."""
        with open_instance(self.settings) as instance:
            return sum(not run.is_finished for run in instance.get_runs())


def next_attempt_seconds(kills: list[HostKill], begun: list[tuple[int, str, date, datetime]]) -> list[float]:
    """Seconds from each kill to the next attempt at each coin-day that died with the host.

    Args:
        kills: the hosts.
        begun: every attempt: id, coin, day and start.
    """
    seconds = []
    for kill in kills:
        for attempt_id, coin, day in kill.attempts:
            later = [at for id_, c, d, at in begun if id_ > attempt_id and (c, d) == (coin, day) and at > kill.at]
            if later:
                seconds.append((min(later) - kill.at).total_seconds())
    return sorted(seconds)


def _score(plan: FleetDrillPlan, drill: _Drill, alone: Any, seconds: float) -> FleetScorecard:
    comparison = compare(alone, drill.settings, plan.coins, plan.days, full_retrain_every_days=7)
    twice = {*comparison.published_twice, *comparison.trained_twice}
    table = attempts.c
    with drill.services.database.read() as connection:
        rows = connection.execute(select(table.id, table.coin, table.day, table.started_at)).all()
    waits = next_attempt_seconds(drill.kills, [(row.id, row.coin, row.day, row.started_at) for row in rows])
    with open_instance(drill.settings) as instance:
        unreported = len(unreported_days(instance, plan.days))
    return FleetScorecard(
        workers=plan.num_workers,
        faults=dict(Counter(str(fault) for fault in plan.faults())),
        namespaces=bool(namespace_command()),
        models=comparison.num_models,
        lost_models=len(comparison.lost),
        duplicate_publications=len(twice),
        identical=comparison.is_identical,
        parents_as_expected=not comparison.other_parents,
        days_without_report=unreported,
        runs_unfinished=drill.num_unfinished(),
        next_attempt_seconds_p50=round(median(waits), 1) if waits else None,
        next_attempt_seconds_p95=round(quantiles(waits, n=20, method="inclusive")[-1], 1) if len(waits) > 1 else None,
        next_attempts=len(waits),
        lease_seconds=plan.lease_seconds,
        load=round(os.getloadavg()[0], 1),
        seconds=round(seconds, 1),
        problems=comparison.problems,
    )


def _command(folder: Path, environment: Mapping[str, str], *arguments: str) -> None:
    """Runs a command of coin-models to its end."""
    folder.mkdir(parents=True, exist_ok=True)
    log_path = folder / "commands.log"
    with log_path.open("ab") as log:
        command = [sys.executable, "-c", _COMMAND, *arguments]
        done = subprocess.run(command, env=environment, cwd=folder, stdout=log, stderr=log, check=False)  # noqa: S603
    if done.returncode != 0:
        raise TrainingError(f"`coin-models {' '.join(arguments)}` failed in the drill; its output is in {log_path}")


def _environment(plan: FleetDrillPlan, folder: Path, places: Mapping[str, str]) -> dict[str, str]:
    """Nothing of the user's own settings."""
    folder.mkdir(parents=True, exist_ok=True)
    plain = {name: value for name, value in os.environ.items() if not name.upper().startswith(PREFIX)}
    ours = {"HOME": str(folder), "SOURCE": "demo", "UNIVERSE": ",".join(plan.coins), **dict(plan.variables)}
    return {**plain, "OMP_NUM_THREADS": "1", **{PREFIX + name: value for name, value in ours.items()}, **places}

"""The drill of a whole host: a backfill through webserver, daemon and run workers, killed together repeatedly.

A UI backfill of some days is requested once. Then the host is killed at instants drawn from a seed, every other one in
the middle of a fit, and started again with nothing but its home. What Dagster's own retries do not finish, the resume
sensor must finish. The last host runs until nothing is missing and no run is left.
"""

import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from dagster import DagsterInstance

from coin_models.clock import SystemClock, newest_complete_day
from coin_models.defs.instance.home import dagster_home, open_instance
from coin_models.defs.partitions import partition_key
from coin_models.defs.sensors.missing import unmaterialized, unreported_days
from coin_models.drill.backends import embedded, settings_to_read
from coin_models.drill.comparison import CoinDay, compare, published
from coin_models.drill.host import Host
from coin_models.errors import TrainingError, UsageError
from coin_models.market.sources.demo_coins import DEMO_COINS
from coin_models.market.timeframe import days_between
from coin_models.operations.attempts import Outcome
from coin_models.operations.process import is_gone
from coin_models.pipeline.services import Services
from coin_models.settings.renamed import PREFIX
from coin_models.settings.root import Settings
from coin_models.settings.training import TrainingSettings

_NUM_DAYS = 3
_SPREAD_SECONDS = 30.0  # from boot, over which the instants are drawn that are not in a fit
_FIT_SECONDS = 3.0  # from the first sight of a fit, over which the others are drawn
_PATIENCE_SECONDS = 300.0  # without an event of any run
_POLL_SECONDS = 0.25
_PARENT_RUN = "dagster/parent_run_id"  # the tag of a run that run retries launched
_COMMAND = "from coin_models.cli.main import main; main()"
_LAUNCH = """mutation ($params: LaunchBackfillParams!) { launchPartitionBackfill(backfillParams: $params) {
  __typename ... on LaunchBackfillSuccess { backfillId } ... on PythonError { message } } }"""

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class HostDrillPlan:
    """What is drilled."""

    num_kills: int = 10
    seed: int = 7
    num_coins: int = 3
    variables: tuple[tuple[str, str], ...] = (
        ("TRAINING_LOOKBACK_DAYS", "32"),
        ("TRAINING_WIDTH", "16"),
        ("TRAINING_EPOCHS", "120"),
        ("TRAINING_INCREMENTAL_EPOCHS", "120"),
        ("OPERATIONS_LEASE_SECONDS", "10"),
        ("OPERATIONS_HEARTBEAT_SECONDS", "1"),
        ("OPERATIONS_RUN_START_SECONDS", "30"),
        ("OPERATIONS_REAPER_SECONDS", "5"),
        ("OPERATIONS_RESUME_SECONDS", "5"),
    )
    """Settings of the drill's homes, without their prefix: fits long enough to be met at work, and less waiting than
    in earnest. The others are the defaults, never the user's own."""

    def __post_init__(self) -> None:
        if self.num_kills < 1:
            raise UsageError(f"--kills {self.num_kills}: a drill without a kill proves nothing; give at least 1")
        if not 1 <= self.num_coins <= len(DEMO_COINS):
            raise UsageError(f"--coins {self.num_coins}: the demo market has 1 to {len(DEMO_COINS)} coins")

    @property
    def coins(self) -> tuple[str, ...]:
        """The demo universe's first coins."""
        return tuple(DEMO_COINS)[: self.num_coins]


@dataclass(frozen=True, slots=True, kw_only=True)
class HostScorecard:
    """The figures of one drill of a host; the names are the keys of `--json`."""

    kills: int
    kills_in_a_fit: int
    models: int
    lost_models: int
    duplicate_publications: int  # published twice, or trained to the end twice
    identical: bool  # every weight and every registry row
    parents_as_expected: bool  # every version starts from the one that the calendar names
    runs: int  # of Dagster, from the backfill's first to the last
    runs_relaunched: int  # by Dagster's own retries
    runs_asked_for: int  # by the resume sensor
    runs_unfinished: int  # still waiting or STARTED at the end
    seconds: float
    problems: tuple[str, ...]  # coin-days that are not as they should be, by name

    @property
    def passed(self) -> bool:
        """Nothing lost, nothing published twice, all identical, no run left behind."""
        whole = self.lost_models == 0 and self.duplicate_publications == 0 and self.identical
        return whole and self.parents_as_expected and self.models > 0 and self.runs_unfinished == 0

    def to_json(self) -> dict[str, Any]:
        """As `coin-models drill --daemon --json` prints it."""
        return asdict(self)


def run_host_drill(plan: HostDrillPlan, folder: Path, say: Say) -> HostScorecard:
    """Runs the drill in an empty folder; reports progress to `say`.

    Raises:
        TrainingError: the host did not come up, or for five minutes nothing happened before the work was at its end.
    """
    began = time.monotonic()
    last = newest_complete_day(SystemClock())
    days = days_between(last - timedelta(days=_NUM_DAYS - 1), last)
    say(f"{days[0]} to {days[-1]}: retraining {plan.num_coins} coins without interruption")
    in_peace = _retrain_in_peace(plan, folder / "in-peace", days)
    killed = _Drill(plan, folder / "killed", days, say)
    killed.run()
    say("comparing every weight and every registry row")
    every_days = TrainingSettings().full_retrain_every_days
    comparison = compare(in_peace, killed.settings, plan.coins, days, full_retrain_every_days=every_days)
    twice = {*comparison.published_twice, *comparison.trained_twice}
    with open_instance(killed.settings) as instance:
        runs = instance.get_runs()
    return HostScorecard(
        kills=killed.num_kills,
        kills_in_a_fit=killed.num_in_a_fit,
        models=comparison.num_models,
        lost_models=len(comparison.lost),
        duplicate_publications=len(twice),
        identical=comparison.is_identical,
        parents_as_expected=not comparison.other_parents,
        runs=len(runs),
        runs_relaunched=sum(_PARENT_RUN in run.tags for run in runs),
        runs_asked_for=sum(run.tags.get("asked_by") == "resume sensor" for run in runs),
        runs_unfinished=sum(not run.is_finished for run in runs),
        seconds=round(time.monotonic() - began, 1),
        problems=comparison.problems,
    )


class _Drill:
    """The home that is killed."""

    def __init__(self, plan: HostDrillPlan, folder: Path, days: Sequence[date], say: Say) -> None:
        folder.mkdir(parents=True)
        environment = _environment(plan, folder)
        self.settings = settings_to_read(folder, environment)
        self.num_kills = self.num_in_a_fit = 0
        self._plan, self._days, self._say = plan, days, say
        self._host = Host(folder, environment, dagster_home(self.settings))
        self._services = Services(settings=self.settings)
        self._dice = random.Random(plan.seed)  # noqa: S311 - a draw that can be repeated, not a secret

    def run(self) -> None:
        """From the backfill to its end, over every death of the host."""
        try:
            self._boot()
            self._host.wait_until_up()
            self._ask_for_backfill()
            for number in range(self._plan.num_kills):
                self._wait_for_the_instant(in_a_fit=number % 2 == 0)
                self._die()
                self._boot()
            self._say("no more kills: waiting for the end")
            self._wait_for("the end of all work", self._is_done)
        finally:
            self._host.die()
            self._services.database.close()

    def _boot(self) -> None:
        open_instance(self.settings).dispose()
        self._host.boot()

    def _die(self) -> None:
        is_fitting = self._is_fitting()
        self._host.die()
        self.num_kills += 1
        self.num_in_a_fit += is_fitting
        where = "in a fit" if is_fitting else "out of a fit"
        self._say(f"kill {self.num_kills} of {self._plan.num_kills}: the host, {where}")

    def _wait_for_the_instant(self, *, in_a_fit: bool) -> None:
        if in_a_fit and not self._is_done():
            self._wait_for("a fit", lambda: self._is_fitting() or self._is_done())
            time.sleep(self._dice.uniform(0.0, _FIT_SECONDS))
        else:
            time.sleep(self._dice.uniform(0.0, _SPREAD_SECONDS))

    def _wait_for(self, what: str, happened: Callable[[], bool]) -> None:
        """Patience ends when no run has written an event for so long: a busy machine is slow, and not at its end."""
        newest, deadline = self._newest_event(), time.monotonic() + _PATIENCE_SECONDS
        while not happened():
            if (event := self._newest_event()) != newest:
                newest, deadline = event, time.monotonic() + _PATIENCE_SECONDS
            if time.monotonic() > deadline:
                raise TrainingError(
                    f"{what} did not happen within {_PATIENCE_SECONDS:.0f} s: {self._state()}; "
                    f"the output is in {self._host.log_path}"
                )
            time.sleep(_POLL_SECONDS)

    def _is_fitting(self) -> bool:
        attempts = self._services.attempts.between(self._days[0], self._days[-1])
        alive = {
            session.session_id for session in self._services.sessions.open_sessions() if not is_gone(session.process)
        }
        return any(attempt.outcome is Outcome.RUNNING and attempt.session_id in alive for attempt in attempts)

    def _is_done(self) -> bool:
        with open_instance(self.settings) as instance:
            return (
                not self._unpublished()
                and not unmaterialized(instance, self._plan.coins, self._days)
                and not unreported_days(instance, self._days)
                and not _num_unfinished(instance)
            )

    def _newest_event(self) -> int | None:
        with open_instance(self.settings) as instance:
            return instance.event_log_storage.get_maximum_record_id()

    def _state(self) -> str:
        """What is left to do, which runs there are, and what the sensors said last: why a drill stopped."""
        with open_instance(self.settings) as instance:
            days = sorted(unreported_days(instance, self._days))
            runs = Counter(run.status.value.lower() for run in instance.get_runs())
        lines = self._host.log_path.read_text(encoding="utf-8", errors="replace").splitlines()
        ticks = [
            next((line for line in reversed(lines) if f"Sensor {name}" in line), "") for name in ("resume", "report")
        ]
        return (
            f"{len(self._unpublished())} models and {len(days)} reports are missing; runs: "
            f"{', '.join(f'{number} {status}' for status, number in runs.items())}; {'; '.join(filter(None, ticks))}"
        )

    def _unpublished(self) -> set[CoinDay]:
        return {(coin, day) for coin in self._plan.coins for day in self._days}.difference(published(self._services))

    def _ask_for_backfill(self) -> None:
        kinds = ("candles", "model", "shadow_trades")
        paths = [[kind, coin] for kind in kinds for coin in self._plan.coins] + [["pattern_library"], ["daily_report"]]
        params = {
            "assetSelection": [{"path": path} for path in paths],
            "partitionNames": [partition_key(day) for day in self._days],
            "tags": [],
        }
        answer = self._host.graphql(_LAUNCH, {"params": params})["launchPartitionBackfill"]
        if answer["__typename"] != "LaunchBackfillSuccess":
            raise TrainingError(f"the UI refused the drill's backfill: {answer}")


def _num_unfinished(instance: DagsterInstance) -> int:
    return sum(not run.is_finished for run in instance.get_runs())


def _retrain_in_peace(plan: HostDrillPlan, folder: Path, days: Sequence[date]) -> Settings:
    """The same days by the command line, left alone."""
    folder.mkdir(parents=True)
    environment = _environment(plan, folder)
    span = ["--from", days[0].isoformat(), "--to", days[-1].isoformat()]
    with (folder / "children.log").open("ab") as log:
        command = [sys.executable, "-c", _COMMAND, "retrain", *span, "--json"]
        done = subprocess.run(command, env=environment, cwd=folder, stdout=log, stderr=log, check=False)  # noqa: S603
    if done.returncode != 0:
        raise TrainingError(f"the uninterrupted retraining failed; its output is in {folder / 'children.log'}")
    return settings_to_read(folder, environment)


def _environment(plan: HostDrillPlan, folder: Path) -> Mapping[str, str]:
    """Nothing of the user's own settings."""
    plain = {name: value for name, value in os.environ.items() if not name.upper().startswith(PREFIX)}
    ours = {"HOME": str(folder), "SOURCE": "demo", "UNIVERSE": ",".join(plan.coins), **dict(plan.variables)}
    return {**plain, **{PREFIX + name: value for name, value in ours.items()}, **embedded(folder.name)}

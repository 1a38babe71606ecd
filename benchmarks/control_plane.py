"""What a night of a large universe costs the control plane: seconds between its runs, and CPU seconds of each server.

    python -m benchmarks.control_plane [--coins 320] [--workers 3] [--seconds 1200] [--json]

A real daemon, PostgreSQL and Redis, and workers that only say that they live: no run is carried, the messages stay in
the broker. So nothing but the making and the launching of runs takes time.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import date
from itertools import pairwise
from pathlib import Path

import psutil
from dagster import DagsterEventType, DagsterInstance, RunRecord

from coin_models.defs.instance.home import dagster_home, open_instance
from coin_models.defs.runs import WAITING
from coin_models.dev_stack.stack import LocalStack
from coin_models.drill.backends import settings_to_read
from coin_models.drill.host import Host
from coin_models.operations.heartbeat import Heartbeat
from coin_models.operations.reaper import REAPER
from coin_models.operations.requests import BACKFILL
from coin_models.pipeline.services import Services
from coin_models.pipeline.shards import shards_of
from coin_models.registry.fingerprint import training_code_version
from coin_models.settings.costs import CostSettings
from coin_models.settings.fleet import ANY_QUEUE
from coin_models.settings.renamed import PREFIX

_DAY = date(2026, 1, 5)
_POLL_SECONDS = 2.0
_SAY_SO_EVERY_SECONDS = 20.0  # a lease of a worker is 120 s
_CODE_SERVER = "code servers"
_SERVERS = {"dagster._daemon": "daemon", "webserver": "webserver", "postgres": "PostgreSQL"}
"""What is looked for in a command line, and the name of its server."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Of one night; seconds from the request unless their name says otherwise."""

    coins: int
    shards: int
    runs: int
    launched: int
    first_run_seconds: float
    between_runs_seconds: float
    last_launch_seconds: float
    reaper_pause_seconds: float
    """The longest time without a tick of the reaper, meanwhile."""
    cpu_seconds: Mapping[str, float]
    """From the request to the last launch, by server."""
    load: float

    def __str__(self) -> str:
        """One line."""
        cpu = ", ".join(f"{name} {seconds:.1f}" for name, seconds in sorted(self.cpu_seconds.items()))
        return (
            f"{self.coins} coins: {self.runs} of {self.shards} runs made, the first after {self.first_run_seconds:.1f} s, "
            f"{self.between_runs_seconds:.1f} s apart; {self.launched} launched, the last after "
            f"{self.last_launch_seconds:.1f} s; no tick of the reaper for {self.reaper_pause_seconds:.1f} s; "
            f"CPU s: {cpu}; load {self.load:.1f}"
        )


def main(arguments: Sequence[str] | None = None) -> int:
    """Measures one night and prints it; 1 where a run was not made in time."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.control_plane", description=__doc__.split("\n", 1)[0])
    parser.add_argument("--coins", type=int, default=320)
    parser.add_argument("--workers", type=int, default=3, help="that say that they live")
    parser.add_argument("--seconds", type=float, default=1200.0, help="the longest wait for the last launch")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    coins = [f"C{number:04d}" for number in range(options.coins)]
    with tempfile.TemporaryDirectory(prefix="coin-models-control-") as folder:
        figures = measure(Path(folder), coins, options.workers, options.seconds)
    print(json.dumps(asdict(figures), indent=1) if options.json else figures)
    return int(figures.runs < figures.shards)


def measure(folder: Path, coins: Sequence[str], num_workers: int, longest_seconds: float) -> Figures:
    """Requests the day in a new home on servers of its own, and watches the daemon."""
    stack = LocalStack(folder / "stack", durable=False)
    try:
        variables = _variables(folder / "home", coins, stack.up(fleet=True).environment())
        settings = settings_to_read(folder / "home", variables)
        num_runs = len(shards_of(coins, settings.fleet))
        with Services(settings=settings) as services, _workers(services, num_workers):
            open_instance(settings).dispose()
            host = Host(folder, variables, dagster_home(settings))
            try:
                host.boot()
                host.wait_until_up()
                before, asked = cpu_seconds(), time.time()
                services.requests.ask(_DAY, _DAY, None, BACKFILL)
                with open_instance(settings) as instance:
                    records, launched = _watch(instance, num_runs, min(num_workers, num_runs), longest_seconds)
                    ticks = _ticks(instance, REAPER)
                used = {name: seconds - before.get(name, 0.0) for name, seconds in cpu_seconds().items()}
            finally:
                host.die()
    finally:
        stack.down()
    pause = longest_pause([asked, *(tick for tick in ticks if tick > asked), time.time()])
    return figures_of(coins, num_runs, asked, [_made(record) for record in records], launched, pause, used)


def figures_of(
    coins: Sequence[str],
    num_shards: int,
    asked: float,
    made: Sequence[float],
    launched: Sequence[float],
    pause: float,
    used: Mapping[str, float],
) -> Figures:
    """What is printed of the instants, in seconds since 1970, at which runs were made and launched."""
    made, launched = sorted(made), sorted(launched)
    return Figures(
        coins=len(coins),
        shards=num_shards,
        runs=len(made),
        launched=len(launched),
        first_run_seconds=round(made[0] - asked, 1) if made else 0.0,
        between_runs_seconds=round((made[-1] - made[0]) / (len(made) - 1), 2) if len(made) > 1 else 0.0,
        last_launch_seconds=round(launched[-1] - asked, 1) if launched else 0.0,
        reaper_pause_seconds=round(pause, 1),
        cpu_seconds={name: round(seconds, 1) for name, seconds in used.items()},
        load=round(os.getloadavg()[0], 1),
    )


def longest_pause(times: Sequence[float]) -> float:
    """Seconds between the two neighbours that are farthest apart; 0 of fewer than two."""
    ordered = sorted(times)
    return max((later - earlier for earlier, later in pairwise(ordered)), default=0.0)


def cpu_seconds() -> dict[str, float]:
    """CPU seconds until now of the servers that this process has started, with their children, also those that ended."""
    used: dict[str, float] = defaultdict(float)
    for server in psutil.Process().children():
        try:
            words = " ".join(server.cmdline())
        except psutil.NoSuchProcess:  # it has ended, or waits to be collected
            continue
        name = next((name for sign, name in _SERVERS.items() if sign in words), None)
        if name is None:
            continue
        used[name] += sum(server.cpu_times()[:2])
        below = _CODE_SERVER if name != "PostgreSQL" else name
        used[below] += sum(server.cpu_times()[2:4])
        for child in server.children(recursive=True):
            with suppress(psutil.NoSuchProcess):  # ended meanwhile: its parent has its seconds from now on
                used[below] += sum(child.cpu_times()[:4])
    return dict(used)


def _watch(
    instance: DagsterInstance, num_runs: int, num_launches: int, longest_seconds: float
) -> tuple[Sequence[RunRecord], Sequence[float]]:
    """The runs, and the instants at which they were launched."""
    deadline = time.monotonic() + longest_seconds
    while True:
        records = instance.get_run_records()
        begun = [record.dagster_run for record in records if record.dagster_run.status not in WAITING]
        if (len(records) >= num_runs and len(begun) >= num_launches) or time.monotonic() > deadline:
            break
        time.sleep(_POLL_SECONDS)
    logs = [instance.all_logs(run.run_id, of_type=DagsterEventType.PIPELINE_STARTING) for run in begun]
    return records, [log[0].timestamp for log in logs if log]


def _ticks(instance: DagsterInstance, sensor: str) -> list[float]:
    state = next(each for each in instance.all_instigator_state() if each.instigator_name == sensor)
    return [tick.timestamp for tick in instance.get_ticks(state.instigator_origin_id, state.selector_id)]


def _made(record: RunRecord) -> float:
    return record.create_timestamp.timestamp()


@contextmanager
def _workers(services: Services, number: int) -> Iterator[None]:
    """Rows of workers that are idle."""
    code = training_code_version(services.settings.training.plugins)
    ids = [services.workers.open(CostSettings(), queues=[ANY_QUEUE], code_version=code) for _ in range(number)]

    def live() -> None:
        for worker_id in ids:
            services.workers.beat(worker_id, None)

    with Heartbeat(live, interval_seconds=_SAY_SO_EVERY_SECONDS):
        yield


def _variables(home: Path, coins: Sequence[str], places: Mapping[str, str]) -> dict[str, str]:
    home.mkdir(parents=True)
    plain = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    ours = {
        "HOME": str(home),
        "SOURCE": "demo",
        "UNIVERSE": ",".join(coins),
        "OPERATIONS_FIRST_DAY": _DAY.isoformat(),
        "OPERATIONS_RESUME_SECONDS": "5",
        "OPERATIONS_RUN_START_SECONDS": "86400",  # no worker takes a message
    }
    return {**plain, **places, **{PREFIX + name: value for name, value in ours.items()}}


if __name__ == "__main__":
    sys.exit(main())

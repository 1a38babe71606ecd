"""Times what the daemon and the command line do repeatedly: definitions, sensors, schedule, `status`."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from dagster import DagsterInstance, build_schedule_context, build_sensor_context

from coin_models.defs.build import build_definitions
from coin_models.defs.instance.home import open_instance
from coin_models.settings.root import Settings

_SENSORS = ("reaper", "resume", "notifications")
_STATUS = "from coin_models.cli.main import main; main()"


def time_definitions(settings: Settings, environment: Mapping[str, str]) -> dict[str, float]:
    """Seconds to load them, without the interpreter and with it and every import."""
    began = time.perf_counter()
    build_definitions(settings).get_repository_def().load_all_definitions()
    warm = time.perf_counter() - began
    program = "from coin_models.definitions import defs; defs.get_repository_def().load_all_definitions()"
    return {"definitions_seconds": warm, "definitions_with_interpreter_seconds": _run(environment, program)}


def time_ticks(settings: Settings) -> dict[str, float]:
    """Seconds of each sensor's second tick (the first opens connections), and of the schedule's."""
    seconds: dict[str, float] = {}
    repository = build_definitions(settings).get_repository_def()
    with open_instance(settings) as instance:
        for name in _SENSORS:
            tick = _sensor_tick(repository, instance, name)
            seconds[f"{name}_first_tick_seconds"] = _timed(tick)
            seconds[f"{name}_tick_seconds"] = _timed(tick)
        at = datetime.now(UTC).replace(hour=2, minute=0, second=0, microsecond=0)
        nightly = repository.get_schedule_def("nightly")

        def schedule_tick() -> object:
            context = build_schedule_context(instance=instance, scheduled_execution_time=at, repository_def=repository)
            return nightly.evaluate_tick(context)

        seconds["nightly_tick_seconds"] = _timed(schedule_tick)
    return seconds


def time_status(environment: Mapping[str, str], num_days: int) -> dict[str, float]:
    """Seconds of `coin-models status`, interpreter included, for a week and for all days."""
    week = _run(environment, _STATUS, "status", "--json")
    every = _run(environment, _STATUS, "status", "--last", str(num_days), "--json")
    return {"status_seconds": week, "status_of_all_days_seconds": every}


def _sensor_tick(repository: Any, instance: DagsterInstance, name: str) -> Callable[[], object]:
    sensor = repository.get_sensor_def(name)
    return lambda: sensor.evaluate_tick(build_sensor_context(instance=instance, repository_def=repository))


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _run(environment: Mapping[str, str], program: str, *arguments: str) -> float:
    began = time.perf_counter()
    command = [sys.executable, "-c", program, *arguments]
    subprocess.run(command, env={**os.environ, **environment}, check=True, stdout=subprocess.DEVNULL)  # noqa: S603
    return time.perf_counter() - began

"""Worlds without faults, and processes in them."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from coin_models.simulation.faults import Fault, FaultKind
from coin_models.simulation.night import starting_home
from coin_models.simulation.night_plan import DAY
from coin_models.simulation.scheduler import Process
from coin_models.simulation.settings import small_settings
from coin_models.simulation.world import SimulatedServices, World, new_world

HOURS = 3600.0


@contextmanager
def world_with(*faults: Fault, kind: str = "candles") -> Iterator[World]:
    """A world that begins with the candles of the days before."""
    planned: Mapping[int, Fault] = {fault.operation: fault for fault in faults}
    world = new_world(small_settings(), starting_home(kind), 1, dict(planned), DAY)
    with world.installed():
        yield world
    world.sqlite.close()


def fault(operation: int, kind: FaultKind, seconds: float = 0.0) -> Fault:
    return Fault(operation=operation, kind=kind, seconds=seconds)


def run_in(world: World, work: Callable[[SimulatedServices], object], *, name: str = "one") -> Process:
    """Does the work in a process of its own, to its end."""
    process = world.process(name, name)
    services = world.services(process)
    task = world.scheduler.spawn(process, "main", lambda: work(services))
    world.scheduler.when_done(task, lambda: world.scheduler.end(process))
    world.scheduler.run(world.scheduler.now + 10 * HOURS)
    return process

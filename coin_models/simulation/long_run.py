"""A home that lives for many days: what grows, by how much a day, and what stays as it is."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import psutil

from coin_models.db.tables import whole_metadata
from coin_models.simulation.campaign import quiet
from coin_models.simulation.faults import Fault, FaultKind
from coin_models.simulation.guarantees import broken_guarantees
from coin_models.simulation.night import starting_home
from coin_models.simulation.night_plan import DAY
from coin_models.simulation.programs import keep_for_two_hours, retrain_days
from coin_models.simulation.settings import small_settings
from coin_models.simulation.world import Home, World, new_world

KILLED_AT = 300
"""Operation at which every third day's run is killed; another one continues."""
_HOUR = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class DaysEnd:
    """What a home holds at the end of a day."""

    number: int  # of the day, from 1
    rows: Counter[str]  # by table
    objects: Counter[str]  # by first folder of the key
    stored_bytes: int  # of database and objects
    memory_bytes: int  # of this process, which lives through all the days and holds what is stored
    broken: tuple[str, ...]  # guarantees


def live_for(num_days: int) -> Iterator[DaysEnd]:
    """Lives through consecutive days in one home; every third day's run is killed once."""
    home = starting_home("models")
    with quiet():
        for number in range(1, num_days + 1):
            home, end = _day(home, number)
            yield end


def _day(home: Home, number: int) -> tuple[Home, DaysEnd]:
    day = DAY + timedelta(days=number - 1)
    fault = Fault(operation=KILLED_AT, kind=FaultKind.DIE_BEFORE)
    world = new_world(small_settings(), home, number, {KILLED_AT: fault} if number % 3 == 0 else {}, day)
    try:
        with world.installed():
            for name in ("first", "second"):
                process = world.process(name, name)
                services = world.services(process)
                task = world.scheduler.spawn(process, "main", lambda services=services: retrain_days(services, [day]))  # type: ignore[misc]
                world.scheduler.when_done(task, lambda process=process: world.scheduler.end(process))  # type: ignore[misc]
                world.scheduler.run(world.scheduler.now + 2 * _HOUR)
            daemon = world.process("daemon", "daemon")
            world.scheduler.spawn(daemon, "main", lambda: keep_for_two_hours(world.services(daemon)))
            world.scheduler.run(world.scheduler.now + 8 * _HOUR)
            broken = (*world.audit.violations, *broken_guarantees(world, [day]))
            following = world.home()
            end = _end(world, following, number, broken)
        return following, end
    finally:
        world.sqlite.close()


def _end(world: World, home: Home, number: int, broken: tuple[str, ...]) -> DaysEnd:
    tables = sorted(whole_metadata().tables)
    counts = {table: world.sqlite.query(f"SELECT count(*) FROM {table}")[0][0] for table in tables}  # noqa: S608 - our names
    return DaysEnd(
        number=number,
        rows=Counter(counts),
        objects=Counter(key.partition("/")[0] for key in home.objects),
        stored_bytes=len(home.database) + sum(len(data) for data, _ in home.objects.values()),
        memory_bytes=psutil.Process().memory_info().rss,
        broken=broken,
    )

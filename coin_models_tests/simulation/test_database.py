"""The night's SQLite: faults before and after each statement, one writer at a time, nothing of a dead process stays."""

from typing import Any

import pytest
from sqlalchemy import insert

from coin_models.db.schema import control_plane
from coin_models.errors import DatabaseUnavailable
from coin_models.simulation.database import empty_image
from coin_models.simulation.faults import FaultKind
from coin_models.simulation.world import SimulatedServices, World
from coin_models_tests.simulation.worlds import fault, run_in, world_with

BEGIN, INSERT, COMMIT = range(3)


def write(services: SimulatedServices) -> None:
    with services.database.begin() as connection:
        connection.execute(
            insert(control_plane).values(id=1, machine="m", code_version="c", expires_at=services.clock.now())
        )


def rows(world: World) -> int:
    return len(world.sqlite.query("SELECT * FROM control_plane"))


def test_a_database_begins_with_its_tables_and_nothing_in_them() -> None:
    with world_with() as world:
        assert rows(world) == 0
    assert empty_image() == empty_image()


@pytest.mark.parametrize(
    ("operation", "kind", "stays"),
    [
        (INSERT, FaultKind.FAIL_BEFORE, 0),
        (INSERT, FaultKind.FAIL_AFTER, 0),
        (COMMIT, FaultKind.FAIL_BEFORE, 0),
        (COMMIT, FaultKind.FAIL_AFTER, 1),
        (COMMIT, FaultKind.HANG_BEFORE, 0),
        (COMMIT, FaultKind.HANG_AFTER, 1),
    ],
)
def test_what_is_committed_stays_and_nothing_else_when_a_connection_breaks(
    operation: int, kind: FaultKind, stays: int
) -> None:
    with world_with(fault(operation, kind, 10.0)) as world:
        process = run_in(world, write)

        assert isinstance(process.failure, DatabaseUnavailable)
        assert rows(world) == stays
        assert world.sqlite.owner is None


@pytest.mark.parametrize(("kind", "stays"), [(FaultKind.DIE_BEFORE, 0), (FaultKind.DIE_AFTER, 1)])
def test_a_process_that_dies_at_its_commit_leaves_all_or_nothing_and_the_next_one_writes(
    kind: FaultKind, stays: int
) -> None:
    with world_with(fault(COMMIT, kind)) as world:
        victim = run_in(world, write)
        after_death = rows(world)
        second = run_in(world, lambda services: services.requests.all(), name="two")

        assert victim.was_killed
        assert after_death == stays
        assert second.failure is None


def test_who_wants_to_write_waits_for_the_writer_and_gives_up_after_five_seconds() -> None:
    with world_with() as world:
        waited: list[Any] = []

        def hold(services: SimulatedServices) -> None:
            with services.database.begin():
                world.scheduler.sleep(20.0)

        def want(services: SimulatedServices) -> None:
            world.scheduler.sleep(1.0)
            write(services)
            waited.append(world.scheduler.now)

        for name, work in (("holder", hold), ("second", want)):
            process = world.process(name, name)
            services = world.services(process)
            world.scheduler.spawn(process, "main", lambda work=work, services=services: work(services))  # type: ignore[misc]
        world.scheduler.run(100.0)

        assert waited
        assert 20.0 < waited[0] < 30.0


@pytest.mark.parametrize(("operation", "is_used_again"), [(BEGIN, True), (INSERT, False)])
def test_a_connection_that_broke_is_used_again_only_if_no_statement_of_it_can_have_been_cut_off(
    operation: int, is_used_again: bool
) -> None:
    with world_with(fault(operation, FaultKind.FAIL_BEFORE, 0.0)) as world:
        before = world.sqlite.raw()
        world.sqlite._idle.append(before)
        run_in(world, write)

        assert (world.sqlite.raw() is before) == is_used_again

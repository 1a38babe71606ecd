"""The audit sees what transactions do to leases and versions, by whomever, and forgets what was rolled back."""

import pytest
from sqlalchemy import update

from coin_models.db.schema import leases
from coin_models.simulation.faults import FaultKind
from coin_models.simulation.world import SimulatedServices, World
from coin_models_tests.simulation.worlds import fault, run_in, world_with


def hold(services: SimulatedServices) -> None:
    session = services.sessions.open(services.settings.costs, code_version="c").session_id
    services.leases.acquire(["model/BTC/2026-03-10"], session)


def steal(services: SimulatedServices) -> None:
    thief = services.sessions.open(services.settings.costs, code_version="c").session_id
    with services.database.begin() as connection:
        connection.execute(update(leases).values(session_id=thief, token=leases.c.token + 1))


def extend(services: SimulatedServices) -> None:
    with services.database.begin() as connection:
        connection.execute(update(leases).values(expires_at=services.database_clock.now()))


def held_by_one(world: World) -> None:
    process = world.process("holder", "holder")
    services = world.services(process)

    def work() -> None:
        hold(services)
        world.scheduler.sleep(1e6)

    world.scheduler.spawn(process, "main", work)
    world.scheduler.run(60.0)


def test_a_lease_that_is_taken_while_it_is_held_is_seen() -> None:
    with world_with() as world:
        held_by_one(world)
        run_in(world, steal, name="thief")

        (violation,) = world.audit.violations
        assert "was taken by" in violation


def test_a_renewal_by_another_process_is_seen() -> None:
    with world_with() as world:
        held_by_one(world)
        world.scheduler.run(200.0)  # its end lies in the past
        run_in(world, extend, name="other")

        (violation,) = world.audit.violations
        assert "was renewed by other" in violation


def test_what_is_rolled_back_did_not_happen() -> None:
    with world_with(fault(11, FaultKind.FAIL_BEFORE)) as world:
        held_by_one(world)
        done_before = world.operations.num_done
        run_in(world, steal, name="thief")

        assert done_before == 6
        assert [what for _, what in world.operations.hit] == ["thief sql COMMIT"]
        assert world.audit.violations == []


@pytest.mark.parametrize("taken", [False, True])
def test_a_lease_that_ran_out_may_be_taken(taken: bool) -> None:
    with world_with() as world:
        held_by_one(world)
        world.scheduler.run(200.0)
        if taken:
            run_in(world, steal, name="next")

        assert world.audit.violations == []

"""The world of a night: clocks of machines, processes, notice, and homes to start from."""

from datetime import timedelta

from coin_models.operations.leases import coin_day_lease
from coin_models.settings.operations import InterruptionSettings
from coin_models.simulation.night_plan import DAY
from coin_models.simulation.world import SimulatedMonitor
from coin_models_tests.simulation.worlds import run_in, world_with


def test_a_machine_whose_clock_is_wrong_reads_another_time_and_leases_do_not() -> None:
    with world_with() as world:
        world.skews["fast"] = 3600.0
        process = world.process("one", "fast")
        services = world.services(process)

        assert services.clock.now() - world.clock().now() == timedelta(hours=1)
        lease = coin_day_lease("BTC", DAY)
        run_in(world, lambda other: other.leases.acquire([lease], "s"), name="two")
        ((expires_at,),) = world.sqlite.query("SELECT expires_at FROM leases")
        assert expires_at < (world.began + timedelta(minutes=2)).strftime("%Y-%m-%d %H:%M:%S")


def test_a_dead_process_is_known_to_be_gone_on_its_own_machine_only() -> None:
    with world_with() as world:
        process = run_in(world, lambda services: services.sessions.open(services.settings.costs, code_version="c"))
        ((host, number),) = world.sqlite.query("SELECT host, process_id FROM sessions")
        system = type(world.system_process())(host=host, process_id=number, start_ticks=number)

        assert not process.is_alive
        assert world.is_gone(system, "one")
        assert not world.is_gone(system, "two")


def test_notice_is_received_by_the_process_that_it_was_given_to() -> None:
    with world_with() as world:
        process = world.process("one", "one")
        monitor = SimulatedMonitor(InterruptionSettings(), process, world.clock())

        assert monitor.received() is None
        process.is_noticed = True
        assert monitor.received() is not None


def test_a_home_can_be_taken_out_and_put_into_another_world() -> None:
    with world_with() as world:
        run_in(world, lambda services: services.requests.ask(DAY, DAY, None, "the test"))
        home = world.home()

        assert home.objects.keys() == world.memory._objects.keys()
        assert b"the test" in home.database

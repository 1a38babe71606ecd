"""The programs of simulated processes are those of the package: a run leaves models, trades, report and a message."""

from coin_models.simulation.guarantees import broken_guarantees
from coin_models.simulation.night import is_complete
from coin_models.simulation.night_plan import DAY
from coin_models.simulation.programs import keep_for_two_hours, retrain_days
from coin_models_tests.simulation.worlds import run_in, world_with


def test_an_undisturbed_run_keeps_every_guarantee_and_a_second_one_does_nothing() -> None:
    summaries = []
    with world_with() as world:
        for _ in range(2):
            process = run_in(world, lambda services: summaries.append(retrain_days(services, [DAY])))
            assert process.failure is None
        run_in(world, keep_for_two_hours, name="daemon")

        assert all(map(is_complete, summaries))
        assert [sum(coin.action == "trained" for coin in each[0].coins.values()) for each in summaries] == [3, 0]
        assert list(broken_guarantees(world, [DAY])) == []
        assert world.audit.violations == []
        assert [message.title for message in world.channel.arrived] == [f"{DAY}: all coins done"]

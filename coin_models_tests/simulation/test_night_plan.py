"""The plan of a night is drawn from its seed."""

from coin_models.simulation.faults import Fault, FaultKind
from coin_models.simulation.night_plan import NightPlan, draw_night, without


def test_seeds_draw_every_kind_of_fault_and_event() -> None:
    plans = [draw_night(seed) for seed in range(300)]

    assert {fault.kind for plan in plans for fault in plan.faults} == set(FaultKind)
    assert {plan.num_machines for plan in plans} == {plan.num_coins for plan in plans} == {1, 2, 3}
    assert sum(plan.num_disturbances for plan in plans) > 900


def test_a_seed_draws_one_plan() -> None:
    assert draw_night(11) == draw_night(11) != draw_night(12)


def test_the_faults_of_a_night_of_fewer_coins_hit_earlier_operations() -> None:
    small, large = draw_night(7, num_coins=1), draw_night(7, num_coins=3)

    assert [fault.kind for fault in small.faults] == [fault.kind for fault in large.faults]
    assert [fault.operation for fault in small.faults] == [fault.operation * 900 // 1500 for fault in large.faults]


def test_a_plan_with_fewer_disturbances_is_the_same_night_otherwise() -> None:
    plan = NightPlan(seed=3, num_machines=3, faults=(Fault(operation=5, kind=FaultKind.SLOW),))

    fewer = without(plan, faults=(), events=())

    assert (fewer.seed, fewer.num_machines, fewer.num_disturbances) == (3, 3, 0)

"""The drill of a fleet: its plan."""

from collections import Counter

import pytest

from coin_models.drill.fleet_plan import Fault, FleetDrillPlan
from coin_models.errors import UsageError
from coin_models.settings.operations import OperationsSettings


@pytest.mark.parametrize(
    "wrong", [{"num_workers": 0}, {"num_workers": 17}, {"num_kills": 0}, {"num_coins": 21}, {"num_days": 0}]
)
def test_a_plan_that_cannot_be_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(UsageError):
        FleetDrillPlan(**wrong)  # type: ignore[arg-type]


def test_every_other_fault_happens_once_among_the_kills_and_a_seed_repeats_the_draw() -> None:
    plan = FleetDrillPlan(num_kills=4, seed=3)

    assert Counter(plan.faults()) == {Fault.HOST: 4, Fault.PAUSE: 1, Fault.FIT: 1, Fault.BROKER: 1, Fault.DATABASE: 1}
    assert plan.faults() == FleetDrillPlan(num_kills=4, seed=3).faults()


def test_with_the_default_leases_hosts_alone_are_killed_and_fits_are_as_long_as_in_other_drills() -> None:
    plan, usual = FleetDrillPlan.of_default_leases(num_kills=3), FleetDrillPlan(num_kills=3)

    assert (plan.lease_seconds, usual.lease_seconds) == (OperationsSettings().lease_seconds, 20.0)
    assert plan.faults() == [Fault.HOST] * 3
    assert dict(plan.variables).items() < dict(usual.variables).items()
    assert not any(name.startswith("OPERATIONS_") and name.endswith("_SECONDS") for name in dict(plan.variables))

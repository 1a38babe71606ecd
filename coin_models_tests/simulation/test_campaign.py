"""Many nights, and the shortest plan of faults of one that breaks a guarantee."""

from dataclasses import replace

from coin_models.simulation.campaign import BrokenNight, run_nights, shrunk
from coin_models.simulation.faults import Event, EventKind, Fault, FaultKind
from coin_models.simulation.night import NightResult
from coin_models.simulation.night_plan import NightPlan

GUILTY = {3, 8}


def result_of(plan: NightPlan) -> NightResult:
    """A night that breaks a guarantee if both guilty faults happen."""
    broken = GUILTY.issubset(fault.operation for fault in plan.faults)
    return NightResult(
        plan=plan,
        broken=("a version is lost",) if broken else (),
        num_operations=10,
        num_disturbable=10,
        num_events=10,
        num_killed=0,
        hit=(),
        digest=0,
    )


PLAN = NightPlan(
    seed=1,
    num_machines=3,
    num_days=2,
    faults=tuple(Fault(operation=number, kind=FaultKind.FAIL_BEFORE) for number in range(10)),
    events=(Event(at_seconds=7200, kind=EventKind.UPGRADE),),
)


def test_a_broken_night_is_shrunk_to_what_breaks_it() -> None:
    shortest = shrunk(result_of(PLAN), result_of).plan

    assert {fault.operation for fault in shortest.faults} == GUILTY
    assert (shortest.events, shortest.num_days, shortest.num_machines) == ((), 1, 1)


def test_shrinking_ends_after_a_bounded_number_of_nights() -> None:
    assert len(shrunk(result_of(PLAN), result_of, most_tries=3).plan.faults) > len(GUILTY)


def test_a_campaign_counts_its_nights_and_shows_each_broken_one_with_its_shortest_plan() -> None:
    campaign = run_nights(3, 1, live=result_of)
    broken = BrokenNight(first=result_of(PLAN), shortest=shrunk(result_of(PLAN), result_of))
    campaign = replace(campaign, broken=(broken,))

    content = campaign.to_json()
    assert (content["nights"], content["first_seed"]) == (1, 3)
    assert content["broken"][0]["shortest"]["broken"] == ["a version is lost"]
    assert len(content["broken"][0]["plan"]["faults"]) == 10
    assert campaign.nights_per_second > 0

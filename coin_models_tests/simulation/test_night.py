"""Nights by seed: every guarantee holds after each.

COIN_MODELS_TESTS_NIGHTS sets how many nights `make proof` lives through.
"""

import os

import pytest

from coin_models.simulation.campaign import run_nights
from coin_models.simulation.faults import Fault, FaultKind
from coin_models.simulation.night import live
from coin_models.simulation.night_plan import NightPlan, draw_night

A_FEW = 8
CHUNKS = range(0, 40, A_FEW)
MANY = int(os.environ.get("COIN_MODELS_TESTS_NIGHTS", "150"))

BROKE_BEFORE = {
    10188: "a session that beat between the reaper's look and its act lost the lease of its run",
    10248: "likewise, and the lease of the coin-day that it fitted",
}
"""Seeds that broke a guarantee before their defect was corrected."""


@pytest.mark.parametrize("seed", BROKE_BEFORE)
def test_a_seed_that_broke_a_guarantee_does_not_any_more(seed: int) -> None:
    assert live(draw_night(seed, num_coins=3)).broken == ()


@pytest.mark.parametrize("first_seed", CHUNKS)
def test_every_guarantee_holds_after_nights_of_faults(first_seed: int) -> None:
    campaign = run_nights(first_seed, A_FEW)

    assert campaign.to_json()["broken"] == []
    assert campaign.num_faults > A_FEW


@pytest.mark.proof
@pytest.mark.timeout(7200)
def test_every_guarantee_holds_after_many_nights_of_faults() -> None:
    campaign = run_nights(1_000_000, MANY)

    assert campaign.to_json()["broken"] == []


def test_a_seed_gives_the_same_night_again() -> None:
    first, again = live(draw_night(7)), live(draw_night(7))

    assert (first.digest, first.hit, first.num_events) == (again.digest, again.hit, again.num_events)
    assert first.hit


def test_a_machine_that_is_killed_is_replaced_and_the_night_is_done() -> None:
    result = live(NightPlan(seed=1, faults=(Fault(operation=300, kind=FaultKind.DIE_AFTER),)))

    assert result.broken == ()
    assert len(result.hit) == 1

"""Sixteen planted defects: the simulator sees each of them, and none without it."""

from collections.abc import Callable

import pytest

from coin_models.simulation.campaign import quiet
from coin_models.simulation.night import live
from coin_models_tests.simulation.planted import BASE, PLANTED, SLOW, Patch

DEFECTS = [pytest.param(each, marks=pytest.mark.proof if each in SLOW else ()) for each in PLANTED]


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: defect.__name__)
def test_a_planted_defect_breaks_a_guarantee(defect: Callable[[Patch], None]) -> None:
    with quiet():
        plans = list(PLANTED[defect]())  # before the defect is there
        with pytest.MonkeyPatch.context() as patch:
            defect(patch)

            assert any(live(plan).broken for plan in plans)


def test_without_a_defect_no_guarantee_is_broken() -> None:
    assert live(BASE).broken == ()

"""What stands in for time, threads and ids, and that it is gone afterwards."""

import sys
import threading
import time

import pytest

from coin_models.operations import heartbeat
from coin_models.simulation.substitutes import in_place_of, modules_of_package
from coin_models.simulation.threads import InlineExecutor
from coin_models.training import run_fit
from coin_models_tests.simulation.worlds import world_with


def test_within_a_world_no_module_holds_the_real_time_or_threads_and_afterwards_each_does_again() -> None:
    assert heartbeat.threading is threading
    with world_with():
        held = [
            module.__name__ for module in modules_of_package() if any(value is time for value in vars(module).values())
        ]
        pools = sys.modules["coin_models.registry.registry"].ThreadPoolExecutor  # type: ignore[attr-defined]

        assert held == []
        assert pools is InlineExecutor
        assert heartbeat.threading is not threading
    assert heartbeat.threading is threading


def test_a_name_is_put_back_also_after_an_error() -> None:
    real = run_fit.fit_cohort
    with pytest.raises(KeyError), in_place_of({}, {(run_fit, "fit_cohort"): "another"}):
        raise KeyError

    assert run_fit.fit_cohort is real

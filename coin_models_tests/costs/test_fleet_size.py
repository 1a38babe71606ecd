"""How many workers the deadline needs, with numbers worked out in comments."""

import pytest

from coin_models.costs.fleet_size import FleetOption, FleetSize, fleet_size
from coin_models.costs.request import PlanRequest
from coin_models.costs.workload import Workload
from coin_models_tests.costs.builders import constant_rate, request


def asked(*, rate: float = 0.0, deadline_hour: float | None = 8.0, spread: float = 0.0) -> PlanRequest:
    """500 coins of 36 s: 5 h a day of the past; from 02:00, without waits at the start."""
    return request(
        num_coins=500,
        workload=Workload(seconds_per_coin=36.0, spread=spread, source="test"),
        model=constant_rate(rate),
        startup_seconds=0.0,
        replacement_seconds=360.0,
        deadline_hour=deadline_hour,
    )


def option(size: FleetSize, market: str) -> FleetOption:
    return next(option for option in size.options if option.market == market)


def test_one_worker_is_enough_for_five_hours_before_a_deadline_in_six() -> None:
    size = fleet_size(asked(), num_days=1, num_shards=8)

    # 5 h at 0.2 and at 0.6 USD
    assert [(each.market, each.num_workers) for each in size.options] == [("spot", 1), ("on-demand", 1)]
    assert [each.usd for each in size.options] == pytest.approx([1.0, 3.0])
    assert size.work_hours == pytest.approx(5.0)


def test_a_worker_carries_whole_shards() -> None:
    chosen = option(fleet_size(asked(), num_days=3, num_shards=8), "on-demand")

    # 15 h in 8 shards are 1.875 h each; within 6 h a worker carries 3 of them, so 3 workers: 3, 3 and 2
    assert (chosen.num_workers, chosen.hours, chosen.is_in_time) == (3, pytest.approx(5.625), True)
    assert chosen.usd == pytest.approx(15 * 0.6)


def test_more_work_than_all_shards_can_do_in_time_is_said_with_as_many_workers_as_can_be_busy() -> None:
    chosen = option(fleet_size(asked(), num_days=20, num_shards=8), "spot")

    assert (chosen.num_workers, chosen.is_in_time) == (8, False)
    assert chosen.hours == pytest.approx(100.0 / 8)


def test_interruptions_make_spot_slower_and_dearer_and_leave_on_demand_alone() -> None:
    calm, rough = (fleet_size(asked(rate=rate), num_days=1, num_shards=8) for rate in (0.0, 1.0))

    assert option(rough, "spot").hours > option(calm, "spot").hours + 0.5  # 5 h x 1 an hour x 6 min
    assert option(rough, "on-demand").usd == option(calm, "on-demand").usd


def test_the_spread_of_the_work_is_time_that_is_kept_free_and_not_paid() -> None:
    sure, unsure = (fleet_size(asked(spread=spread), num_days=1, num_shards=8) for spread in (0.0, 0.1))

    # 1.645 x 0.1 x 5 h
    assert option(unsure, "spot").hours - option(sure, "spot").hours == pytest.approx(0.8225)
    assert option(unsure, "spot").usd == option(sure, "spot").usd


def test_without_a_deadline_one_worker_is_enough() -> None:
    size = fleet_size(asked(deadline_hour=None), num_days=365, num_shards=8)

    assert option(size, "spot").num_workers == 1
    assert size.to_json()["deadline_hours"] is None


def test_nothing_to_do_is_refused() -> None:
    with pytest.raises(ValueError, match="0 days"):
        fleet_size(asked(), num_days=0, num_shards=8)

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coin_models.costs.hazard import Exposure, HazardEstimate, estimate_hazard, exposures
from coin_models.settings.costs import CostSettings
from coin_models_tests.costs.builders import session

# 5 to 10 % an hour are 0.05129 to 0.10536 an hour as rates; their middle is 0.078327. Twenty hours of it are 1.5665.
PRIOR_RATE, PRIOR_EVENTS = 0.0783269, 1.566538


def estimate(*experience: Exposure) -> HazardEstimate:
    ranges = CostSettings().interruption_ranges
    return estimate_hazard(ranges, experience, provider="runpod", gpu="RTX 3090", prior_hours=20.0)


def seen(hours: float, taken: int, *, hour: int = 3, provider: str = "runpod", gpu: str = "RTX 3090") -> Exposure:
    return Exposure(provider=provider, gpu=gpu, hour=hour, machine_hours=hours, num_taken=taken)


def test_without_experience_the_published_chance_is_the_estimate() -> None:
    estimated = estimate()

    assert estimated.hours[3].rate_per_hour == pytest.approx(PRIOR_RATE, abs=1e-6)
    assert estimated.hours[3].probability == pytest.approx(0.07534, abs=1e-4)
    assert estimated.hours[21].rate_per_hour == pytest.approx((0.223144 + 0.356675) / 2, abs=1e-5)
    assert estimated.hours[1] == pytest.approx(estimated.hours[1])
    assert estimated.hours[1].rate_per_hour == estimated.hours[21].rate_per_hour


def test_an_hour_learns_fully_from_itself_and_by_half_from_its_block() -> None:
    estimated = estimate(seen(30.0, 6))

    assert estimated.hours[3].rate_per_hour == pytest.approx((PRIOR_EVENTS + 6) / (20 + 30), abs=1e-6)
    assert estimated.hours[4].rate_per_hour == pytest.approx((PRIOR_EVENTS + 3) / (20 + 15), abs=1e-6)
    assert estimated.hours[12].rate_per_hour == estimate().hours[12].rate_per_hour


@pytest.mark.parametrize(("where", "weight"), [({"gpu": "A100"}, 0.3), ({"provider": "vast"}, 0.1)])
def test_experience_from_elsewhere_counts_for_less(where: dict[str, str], weight: float) -> None:
    estimated = estimate(seen(30.0, 6, **where))

    assert estimated.hours[3].rate_per_hour == pytest.approx((PRIOR_EVENTS + weight * 6) / (20 + weight * 30), abs=1e-6)
    assert estimated.hours[3].machine_hours == 0


@settings(max_examples=40, deadline=None)
@given(hours=st.floats(0.1, 1000.0), taken=st.integers(0, 200))
def test_the_estimate_lies_between_the_published_and_the_observed_rate(hours: float, taken: int) -> None:
    hour = estimate(seen(hours, taken)).hours[3]

    low, high = sorted((PRIOR_RATE, taken / hours))
    assert low - 1e-9 <= hour.rate_per_hour <= high + 1e-9
    assert hour.low < hour.rate_per_hour < hour.high


def test_the_interval_narrows_as_experience_grows() -> None:
    widths = [(hour.high - hour.low) for hour in (estimate(seen(n * 100.0, n * 8)).hours[3] for n in (0, 1, 10))]

    assert widths == sorted(widths, reverse=True)


def test_a_session_is_divided_over_the_hours_of_day_that_it_saw() -> None:
    parts = exposures([session(begin=1800, end=8100)])  # 02:30 to 04:15

    assert [(part.hour, part.machine_hours) for part in parts] == [(2, 0.5), (3, 1.0), (4, 0.25)]
    assert sum(part.num_taken for part in parts) == 0


@pytest.mark.parametrize("reason", ["interrupted", "died", "lost"])
def test_a_machine_that_was_taken_is_an_event_at_the_hour_it_went(reason: str) -> None:
    parts = exposures([session(begin=0, end=5400, reason=reason)])

    assert [(part.hour, part.num_taken) for part in parts] == [(2, 0), (3, 1)]


def test_a_session_that_still_runs_is_censored_at_its_last_heartbeat() -> None:
    running = session(end=None, heartbeat_at=session(end=1800).heartbeat_at)

    assert [(part.machine_hours, part.num_taken) for part in exposures([running])] == [(0.5, 0)]


def test_a_training_that_failed_is_no_interruption() -> None:
    assert exposures([session(reason="failed")])[0].num_taken == 0


@pytest.mark.parametrize("market", ["owned", "on-demand"])
def test_machines_that_nobody_takes_away_teach_nothing(market: str) -> None:
    assert exposures([session(market=market, reason="interrupted")]) == []

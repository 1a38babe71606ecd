"""The next night in the daily report."""

from datetime import timedelta
from pathlib import Path

from coin_models.clock import FixedClock
from coin_models.pipeline.cost_forecast import cost_forecast
from coin_models.pipeline.services import Services
from coin_models.settings.costs import CostSettings
from coin_models.settings.root import Settings
from coin_models_tests.costs.builders import NIGHT
from coin_models_tests.costs.rows import add_attempt, add_session


def services(home: Path, **costs: object) -> Services:
    settings = Settings(home=home, costs=CostSettings(**costs))  # type: ignore[arg-type]
    return Services(settings=settings, clock=FixedClock(NIGHT + timedelta(days=1)))


def test_a_rented_machines_next_night_is_planned_with_its_own_durations(tmp_path: Path) -> None:
    rented = services(tmp_path, market="spot", price_usd_per_hour=0.2)
    add_session(rented.database, "s1", ended_at=NIGHT + timedelta(seconds=240), end_reason="finished")
    add_attempt(rented.database, "s1", "BTC", useful_seconds=180.0, startup_seconds=60.0)

    forecast = cost_forecast(rented, 20)

    on_demand, *_ = forecast.lines
    # 20 x 180 s and 60 s of start-up are 1 h 1 min, from 02:00 on, at 0.50 to 0.70 USD
    assert on_demand.kind == "on-demand"
    assert abs(on_demand.cost_usd - 61 / 60 * 0.6) < 1e-6
    assert abs(on_demand.finish_hour - (2 + 61 / 60)) < 0.02
    assert (forecast.deadline, forecast.deadline_hour) == ("08:00", 8.0)
    assert next(line.kind for line in forecast.lines if line.is_recommended).startswith("spot")


def test_a_machine_without_a_price_gets_a_sentence_instead(tmp_path: Path) -> None:
    forecast = cost_forecast(services(tmp_path), 20)

    assert forecast.lines == ()
    assert "costs.price_usd_per_hour is 0" in forecast.words


def test_without_any_duration_the_report_says_so(tmp_path: Path) -> None:
    forecast = cost_forecast(services(tmp_path, market="spot", price_usd_per_hour=0.2, published_runs=()), 20)

    assert forecast.lines == ()
    assert "published_runs is empty" in forecast.words

"""What the resume sensor does about a spent budget."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from coin_models.clock import FixedClock
from coin_models.defs.instance.home import open_instance
from coin_models.defs.sensors.resuming import Resumption, what_to_resume
from coin_models.pipeline.services import Services
from coin_models.settings.costs import CostSettings
from coin_models.settings.root import Settings
from coin_models_tests.costs.builders import DAY as ROWS_DAY
from coin_models_tests.costs.rows import add_attempt, add_session
from coin_models_tests.defs.fixtures import DAY, small_settings

MORNING = datetime.combine(DAY + timedelta(days=1), datetime.min.time(), UTC) + timedelta(hours=3)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return small_settings(tmp_path / "home", coins=("BTC",))


def _resumed(settings: Settings, budget_usd: float) -> Resumption:
    """An hour at 0.20 was spent today, and the machine was lost before BTC was done."""
    costs = CostSettings(daily_budget_usd=budget_usd, market="on-demand", price_usd_per_hour=0.2)
    services = Services(settings=settings.model_copy(update={"costs": costs}), clock=FixedClock(MORNING))
    began, ended = MORNING - timedelta(hours=2), MORNING - timedelta(hours=1)
    add_session(services.database, "s1", started_at=began, heartbeat_at=ended, ended_at=ended, end_reason="lost")
    later = (DAY - ROWS_DAY).days
    add_attempt(services.database, "s1", "BTC", later, outcome="interrupted", useful_seconds=0.0, ended_at=ended)
    services.requests.ask(DAY, DAY, None, "a person")
    with open_instance(services.settings) as instance:
        resumption = what_to_resume(services, instance, ("BTC",))
    services.database.close()
    return resumption


def test_what_is_missing_is_asked_for_while_the_budget_lasts(settings: Settings) -> None:
    assert _resumed(settings, 0.21).wanted[DAY] == ["BTC"]


def test_no_run_is_started_that_the_budget_would_stop(settings: Settings) -> None:
    resumption = _resumed(settings, 0.19)

    assert resumption.wanted == {}
    assert resumption.held[DAY].startswith("0.200 of 0.190 USD are spent today")

"""Ending quarantine from the launchpad."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from dagster import DagsterInstance

from coin_models.defs.build import build_definitions
from coin_models.operations.attempts import AttemptAction, Outcome
from coin_models.pipeline.services import Services
from coin_models.settings.costs import CostSettings
from coin_models_tests.defs.fixtures import DAY, small_settings

FAILED = (Outcome.FAILED, AttemptAction.FAILED, "the loss is no longer finite")


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    """BTC and ETH failed on a day, BTC on the day before too."""
    opened = Services(settings=small_settings(tmp_path / "home"))
    session = opened.sessions.open(CostSettings(), code_version="0" * 64).session_id
    opened.attempts.record(DAY, session, {"BTC": FAILED, "ETH": FAILED})
    opened.attempts.record(DAY - timedelta(days=1), session, {"BTC": FAILED})
    yield opened
    opened.database.close()


def _launched(services: Services, config: dict[str, Any]) -> bool:
    job = build_definitions(services.settings).resolve_job_def("unquarantine")
    quiet = {"console": {"config": {"log_level": "CRITICAL"}}}
    run_config = {"ops": {"unquarantine_coins": {"config": config}}, "loggers": quiet}
    with DagsterInstance.ephemeral() as instance:
        return job.execute_in_process(run_config, instance=instance, raise_on_error=False).success


def _counting(services: Services) -> list[tuple[str, int]]:
    rows = services.attempts.between(DAY - timedelta(days=1), DAY)
    return sorted((attempt.coin, (attempt.day - DAY).days) for attempt in rows if not attempt.released)


@pytest.mark.parametrize(
    ("config", "left"),
    [
        ({"everything": True}, []),
        ({"day": "2026-03-10"}, [("BTC", -1)]),
        ({"first_day": "2026-03-09", "last_day": "2026-03-10"}, []),
        ({"coins": ["BTC"]}, [("ETH", 0)]),
        ({"coins": ["BTC"], "day": "2026-03-10"}, [("BTC", -1), ("ETH", 0)]),
    ],
)
def test_the_failed_attempts_named_in_the_launchpad_are_reset(
    config: dict[str, Any], left: list[tuple[str, int]], services: Services
) -> None:
    assert _launched(services, config)
    assert _counting(services) == left


@pytest.mark.parametrize("config", [{}, {"coins": ["BTC", "DOGE"]}, {"day": "yesterday"}])
def test_nothing_named_an_unknown_coin_or_an_invalid_day_resets_nothing_and_fails(
    config: dict[str, Any], services: Services
) -> None:
    assert not _launched(services, config)
    assert len(_counting(services)) == 3

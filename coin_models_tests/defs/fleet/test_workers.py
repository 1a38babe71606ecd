"""The list of workers: what each does, by the run that its message carries."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from dagster import DagsterRunStatus
from dagster_celery.tags import DAGSTER_CELERY_TASK_ID_TAG

from coin_models.defs.fleet.workers import list_workers
from coin_models.defs.instance.home import open_instance
from coin_models.pipeline.services import Services
from coin_models_tests.defs.fixtures import small_settings, some_job


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    with Services(settings=small_settings(tmp_path / "home")) as opened:
        yield opened


def test_a_busy_worker_is_listed_with_day_and_coins_of_its_run_and_an_idle_one_as_idle(services: Services) -> None:
    busy, _idle = (
        services.workers.open(services.settings.costs, queues=("gpu", "any"), code_version="v1") for _ in range(2)
    )
    services.workers.beat(busy, "message 1")
    tags = {DAGSTER_CELERY_TASK_ID_TAG: "message 1", "day": "2026-03-10", "coins": "BTC, ETH"}
    with open_instance(services.settings) as instance:
        run = instance.create_run_for_job(some_job, status=DagsterRunStatus.STARTED, tags=tags)

    rows = list_workers(services)

    assert [row["does"] for row in rows] == [f"run {run.run_id[:8]}: 2026-03-10 BTC, ETH", "idle"]
    assert rows[0]["queues"] == ["gpu", "any"]


def test_without_workers_dagsters_storage_is_not_opened(services: Services) -> None:
    rows = list_workers(services)

    assert rows == []
    assert not (services.settings.home / "dagster").exists()

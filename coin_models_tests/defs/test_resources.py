"""The tags by which people find runs: day, coins, session, machine, interrupted, resumed."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from dagster import AssetKey, DagsterInstance, ResourceDefinition, build_resources

from coin_models.defs.io_managers import CANDLES_IO, MODEL_IO, CandlesIOManager, ModelIOManager
from coin_models.defs.resources import SERVICES, WORKER, services_of_settings, worker_per_run
from coin_models.defs.runs import partition_tags
from coin_models.pipeline.worker import Worker
from coin_models.settings.root import Settings
from coin_models_tests.defs.fixtures import DAY, small_settings, some_job


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return small_settings(tmp_path / "home", coins=tuple(f"C{number}" for number in range(6)))


@pytest.fixture
def instance() -> Iterator[DagsterInstance]:
    with DagsterInstance.ephemeral() as opened:
        yield opened


def _resources(settings: Settings) -> dict[str, ResourceDefinition]:
    return {SERVICES: services_of_settings(settings), WORKER: worker_per_run(settings)}


def test_a_run_opens_its_services_once_for_the_worker_and_the_io_managers(
    instance: DagsterInstance, settings: Settings
) -> None:
    run = instance.create_run_for_job(some_job, tags=partition_tags([DAY]))
    shared = services_of_settings(settings)
    made = {
        SERVICES: shared,
        WORKER: worker_per_run(settings),
        CANDLES_IO: CandlesIOManager(services=shared),
        MODEL_IO: ModelIOManager(services=shared),
    }
    with build_resources(made, instance=instance, dagster_run=run) as resources:
        ids = {id(resources.worker.services), id(resources.candles_io.services), id(resources.model_io.services)}
        database = resources.worker.services.database

    assert len(ids) == 1
    with build_resources(made, instance=instance, dagster_run=run) as resources:
        assert resources.worker.services.database is not database  # the first were closed with their run


def _tags(instance: DagsterInstance, settings: Settings, tags: dict[str, str], *coins: str) -> dict[str, str]:
    """Of a run after its session, as a run worker opens and closes it."""
    run = instance.create_run_for_job(some_job, tags=tags)
    if coins:
        run = run._replace(asset_selection=frozenset(AssetKey(["model", coin]) for coin in coins))
    with build_resources(_resources(settings), instance=instance, dagster_run=run):
        pass
    stored_run = instance.get_run_by_id(run.run_id)
    return dict(stored_run.tags) if stored_run else {}


def test_a_run_of_a_day_says_its_day_its_coins_and_who_works_on_it(
    instance: DagsterInstance, settings: Settings
) -> None:
    tags = _tags(instance, settings, partition_tags([DAY]), "C1", "C0")

    assert (tags["day"], tags["coins"]) == ("2026-03-10", "C0, C1")
    assert tags["session"]
    assert tags["machine"]
    assert "interrupted" not in tags


def test_a_run_of_a_range_says_its_first_and_last_day_and_of_many_coins_the_number(
    instance: DagsterInstance, settings: Settings
) -> None:
    tags = _tags(instance, settings, partition_tags([DAY + timedelta(days=number) for number in range(3)]))

    assert (tags["day"], tags["coins"]) == ("2026-03-10..2026-03-12", "6 coins")


@pytest.mark.parametrize(
    ("asked_by", "is_by_hand"), [({}, True), ({"asked_by": "nightly"}, False), ({"asked_by": "resume sensor"}, False)]
)
def test_only_what_a_person_launched_tries_again_at_once_what_failed(
    instance: DagsterInstance, settings: Settings, asked_by: dict[str, str], is_by_hand: bool
) -> None:
    run = instance.create_run_for_job(some_job, tags={**partition_tags([DAY]), **asked_by})
    with build_resources(_resources(settings), instance=instance, dagster_run=run) as resources:
        worker: Worker = resources.worker

        assert worker.by_hand is is_by_hand


def test_a_run_launched_again_does_not_inherit_what_befell_the_one_before(
    instance: DagsterInstance, settings: Settings
) -> None:
    inherited = {**partition_tags([DAY]), "interrupted": "SIGTERM", "resumed": "2026-03-10: C0"}

    tags = _tags(instance, settings, inherited)

    assert (tags["interrupted"], tags["resumed"]) == ("no", "no")

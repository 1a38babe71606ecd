"""Real runs of the daily job, in this process, on an instance of their own."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from dagster import AssetKey, DagsterInstance, DagsterRunStatus

from coin_models.defs.build import build_definitions
from coin_models.defs.instance.home import open_instance
from coin_models.defs.launch import executor_on
from coin_models.operations.attempts import AttemptAction
from coin_models.pipeline.plan.calendar import parent_day
from coin_models.pipeline.plan.gather import plan_now
from coin_models.pipeline.run_summary import RunSummary, run_summary
from coin_models.pipeline.services import Services
from coin_models.pipeline.worker import Worker
from coin_models.registry.forecast import LoadedModel
from coin_models_tests.defs.fixtures import DAY, ServicesWithout, small_settings, worker_of_services

COINS = ("BTC", "ETH", "SOL")


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[Worker]:
    with worker_of_services(Services(settings=small_settings(tmp_path / "home"))) as opened:
        yield opened


@pytest.fixture
def instance(worker: Worker) -> Iterator[DagsterInstance]:
    with open_instance(worker.services.settings) as opened:
        yield opened


def _run(
    instance: DagsterInstance, worker: Worker, coins: tuple[str, ...] = COINS, *, later: int = 0, force: bool = False
) -> RunSummary:
    executor = executor_on(worker.services, instance, {})
    day = DAY + timedelta(days=later)
    worker.outcomes.clear()
    plan = plan_now(worker.services, [day], COINS)
    executor.run_coins(worker, [day], COINS, force=force)
    executor.run_report(worker, [day])
    return run_summary(plan, day, outcomes=worker.outcomes, wall_seconds=1.0)


def _days(instance: DagsterInstance, *path: str) -> set[str]:
    return instance.get_materialized_partitions(AssetKey(list(path)))


def test_a_day_is_trained_published_and_seen_by_dagster(instance: DagsterInstance, worker: Worker) -> None:
    report = _run(instance, worker)

    assert [coin.action for coin in report.coins.values()] == [AttemptAction.TRAINED] * 3
    assert all(DAY.isoformat() in _days(instance, kind, "BTC") for kind in ("candles", "model", "shadow_trades"))
    assert _days(instance, "daily_report") == {DAY.isoformat()}


def test_a_second_run_reuses_every_model_and_trains_none(instance: DagsterInstance, worker: Worker) -> None:
    first = _run(instance, worker)

    again = _run(instance, worker)

    assert [coin.action for coin in again.coins.values()] == [AttemptAction.REUSED] * 3
    assert _digests(again) == _digests(first)


def test_a_forced_run_trains_again_and_gives_the_same_bytes(instance: DagsterInstance, worker: Worker) -> None:
    first = _run(instance, worker)

    forced = _run(instance, worker, force=True)

    assert [coin.action for coin in forced.coins.values()] == [AttemptAction.TRAINED] * 3
    assert _digests(forced) == _digests(first)


def test_a_day_starts_from_the_full_retrain_that_the_calendar_names(instance: DagsterInstance, worker: Worker) -> None:
    report = _run(instance, worker)

    for coin, item in report.coins.items():
        assert item.version is not None
        start = parent_day(coin, DAY, worker.services.settings.training.full_retrain_every_days)
        parent = item.version.parent_id and worker.services.registry.version(item.version.parent_id)
        assert (parent.day if parent else None) == start
        assert start is None or start.isoformat() in _days(instance, "model", coin)


def test_a_model_passes_through_its_io_manager(instance: DagsterInstance, worker: Worker) -> None:
    _run(instance, worker)
    definitions = build_definitions(worker.services.settings, worker=worker)

    model = definitions.load_asset_value(AssetKey(["model", "BTC"]), partition_key=DAY.isoformat(), instance=instance)

    assert isinstance(model, LoadedModel)
    assert model.manifest.day == DAY


def test_one_bad_coin_never_holds_up_the_others(tmp_path: Path) -> None:
    services = ServicesWithout(settings=small_settings(tmp_path / "home"))
    with worker_of_services(services) as worker, open_instance(services.settings) as instance:
        report = _run(instance, worker)
        run = instance.get_runs(limit=2)[1]

        assert report.in_state("unavailable") == {"ETH": "ETH: the exchange is under maintenance"}
        assert report.count(AttemptAction.TRAINED) == 2
        assert run.status is DagsterRunStatus.FAILURE
        assert _days(instance, "model", "ETH") == set()
        assert DAY.isoformat() in _days(instance, "model", "SOL")
        assert _days(instance, "daily_report") == {DAY.isoformat()}


def _digests(report: RunSummary) -> dict[str, str | None]:
    return {name: coin.version and coin.version.weights_sha256 for name, coin in report.coins.items()}

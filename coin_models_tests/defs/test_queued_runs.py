"""Runs that wait in Dagster's queue, by the coins and days that they will try."""

from collections.abc import Collection, Iterator
from datetime import date

import pytest
from dagster import AssetKey, DagsterInstance, DagsterRun, DagsterRunStatus
from dagster._core.remote_origin import RegisteredCodeLocationOrigin, RemoteRepositoryOrigin

from coin_models.defs.queued_runs import queued_coin_days
from coin_models.defs.runs import partition_tags

D1, D2 = date(2026, 3, 1), date(2026, 3, 2)
COINS = ("BTC", "ETH")
_ORIGIN = RemoteRepositoryOrigin(RegisteredCodeLocationOrigin("tests"), "tests")


@pytest.fixture
def ephemeral() -> Iterator[DagsterInstance]:
    with DagsterInstance.ephemeral() as instance:
        yield instance


def waiting(
    instance: DagsterInstance,
    *days: date,
    status: DagsterRunStatus = DagsterRunStatus.QUEUED,
    assets: Collection[AssetKey] | None = None,
) -> str:
    run = DagsterRun(
        job_name="retrain",
        status=status,
        tags=partition_tags(days),
        asset_selection=None if assets is None else frozenset(assets),
        remote_job_origin=_ORIGIN.get_job_origin("retrain"),
    )
    return instance.add_run(run).run_id[:8]


def test_a_run_of_a_range_waits_for_each_of_its_days_and_all_coins(ephemeral: DagsterInstance) -> None:
    run = waiting(ephemeral, D1, D2)

    queued = queued_coin_days(ephemeral, COINS)

    assert set(queued) == {(coin, day) for coin in COINS for day in (D1, D2)}
    assert queued["BTC", D1].startswith(f"run {run} waits in the queue since 20")


def test_a_run_waits_for_the_coins_whose_model_it_makes(ephemeral: DagsterInstance) -> None:
    waiting(ephemeral, D1, assets=[AssetKey(["model", "ETH"])])
    waiting(ephemeral, D2, assets=[AssetKey("daily_report")])

    assert set(queued_coin_days(ephemeral, COINS)) == {("ETH", D1)}


def test_of_two_runs_the_first_in_the_queue_is_named(ephemeral: DagsterInstance) -> None:
    first = waiting(ephemeral, D1)
    waiting(ephemeral, D1)

    assert first in queued_coin_days(ephemeral, COINS)["BTC", D1]


@pytest.mark.parametrize("status", [DagsterRunStatus.STARTED, DagsterRunStatus.SUCCESS, DagsterRunStatus.CANCELED])
def test_a_run_that_began_or_ended_waits_for_nothing(ephemeral: DagsterInstance, status: DagsterRunStatus) -> None:
    waiting(ephemeral, D1, status=status)

    assert queued_coin_days(ephemeral, COINS) == {}

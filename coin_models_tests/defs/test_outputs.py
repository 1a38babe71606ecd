"""What the withheld output and the executor rest on, held against the installed Dagster."""

from collections.abc import Iterator
from typing import Any

from dagster import (
    AssetExecutionContext,
    AssetKey,
    AssetSpec,
    DagsterInstance,
    Definitions,
    MaterializeResult,
    Output,
    define_asset_job,
    multi_asset,
)
from dagster._core.definitions.job_base import InMemoryJob
from dagster._core.execution.api import execute_run

from coin_models.defs.jobs import one_process
from coin_models.defs.outputs import asset_key, fail_with_summary, selected_coins, withheld

COINS = ("BTC", "ETH")


@multi_asset(
    name="first", specs=[AssetSpec(asset_key("first", coin), skippable=True) for coin in COINS], can_subset=True
)
def first(context: AssetExecutionContext) -> Iterator[Output[Any]]:
    for coin in selected_coins(context, "first", COINS):
        name = asset_key("first", coin).to_python_identifier()
        yield withheld(name) if coin == "ETH" else Output(None, name)
    fail_with_summary({"ETH": "it is bad"}, "first of today")


@multi_asset(
    name="second",
    specs=[AssetSpec(asset_key("second", coin), deps=[asset_key("first", coin)], skippable=True) for coin in COINS],
    can_subset=True,
)
def second() -> Iterator[MaterializeResult[None]]:
    yield MaterializeResult(asset_key=asset_key("second", "BTC"))


def _run(instance: DagsterInstance) -> list[str]:
    definitions = Definitions(assets=[first, second], jobs=[define_asset_job("all", executor_def=one_process())])
    job = definitions.resolve_job_def("all")
    run = instance.create_run_for_job(
        job_def=job, run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
    )
    result = execute_run(InMemoryJob(job), run, instance, raise_on_error=False)
    return [event.event_type_value for event in result.all_events if event.is_step_event and event.step_key == "second"]


def test_a_step_runs_although_the_step_before_it_failed_for_one_coin() -> None:
    with DagsterInstance.ephemeral() as instance:
        events = _run(instance)

    assert "STEP_SUCCESS" in events


def test_a_withheld_output_leaves_its_asset_missing_and_the_others_there() -> None:
    with DagsterInstance.ephemeral() as instance:
        _run(instance)
        found = {coin: instance.get_latest_materialization_event(AssetKey(["first", coin])) for coin in COINS}

    assert found["BTC"] is not None
    assert found["ETH"] is None

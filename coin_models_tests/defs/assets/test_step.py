"""A step of several assets: what it makes, how it ends."""

from collections.abc import Callable, Collection, Iterator
from datetime import date
from pathlib import Path

from dagster import (
    AssetCheckKey,
    AssetCheckResult,
    AssetCheckSpec,
    AssetSelection,
    AssetSpec,
    BackfillPolicy,
    DagsterInstance,
    Definitions,
    ExecuteInProcessResult,
    define_asset_job,
    materialize,
)

from coin_models.defs.assets.keys import asset_key
from coin_models.defs.assets.step import Step, build_step
from coin_models.defs.build import build_definitions
from coin_models.defs.resources import WORKER
from coin_models.errors import Interrupted
from coin_models.pipeline.services import Services
from coin_models_tests.defs.fixtures import small_settings
from coin_models_tests.defs.step_contexts import NotingWorker

DAY = date(2026, 3, 10)
COINS = ("BTC", "ETH")
ONE_RUN = BackfillPolicy.single_run()


def test_a_run_of_the_daily_job_is_one_step(tmp_path: Path) -> None:
    definitions = build_definitions(small_settings(tmp_path))

    assert [node.name for node in definitions.resolve_job_def("retrain").nodes] == ["coins"]
    assert [node.name for node in definitions.resolve_job_def("report").nodes] == ["whole_day"]


def nothing(_services: Services, _wanted: Collection[AssetCheckKey]) -> Iterator[AssetCheckResult]:
    return iter(())


def run_in(
    instance: DagsterInstance, home: Path, work: Callable[[Step], None], *selected: str
) -> ExecuteInProcessResult:
    """A step of two coins' models, run on a day for these coins."""
    specs = [AssetSpec(asset_key("model", coin), skippable=True) for coin in COINS]
    return materialize(
        [build_step(small_settings(home, coins=COINS), "small", specs, [], work, nothing, backfill=ONE_RUN)],
        partition_key=DAY.isoformat(),
        resources={WORKER: NotingWorker()},
        selection=[asset_key("model", coin) for coin in selected or COINS],
        instance=instance,
        raise_on_error=False,
    )


def recorded(instance: DagsterInstance) -> list[str]:
    """The coins whose model Dagster knows of."""
    return [coin for coin in COINS if instance.get_materialized_partitions(asset_key("model", coin))]


def run_step(home: Path, work: Callable[[Step], None], *selected: str) -> tuple[bool, list[str]]:
    """Whether a run of the step succeeded, and the coins that it recorded."""
    with DagsterInstance.ephemeral() as instance:
        result = run_in(instance, home, work, *selected)
        return result.success, recorded(instance)


def test_a_step_is_given_the_selected_coins_and_its_days(tmp_path: Path) -> None:
    given: list[object] = []

    run_step(tmp_path, lambda step: given.extend([step.selected("model", ["BTC", "ETH"]), step.recorder.days]), "ETH")

    assert given == [["ETH"], [DAY]]


def test_a_step_that_records_nothing_succeeds_and_only_what_it_records_is_materialized(tmp_path: Path) -> None:
    nothing = run_step(tmp_path, lambda step: None)
    one = run_step(tmp_path, lambda step: step.recorder.record(asset_key("model", "BTC"), DAY, {}))

    assert (nothing, one) == ((True, []), (True, ["BTC"]))


def test_a_coin_that_failed_fails_the_step_once_the_others_are_recorded(tmp_path: Path) -> None:
    def work(step: Step) -> None:
        step.recorder.failed("BTC", DAY, "the loss is not finite")
        step.recorder.record(asset_key("model", "ETH"), DAY, {})

    assert run_step(tmp_path, work) == (False, ["ETH"])


def test_an_interruption_ends_the_step_and_keeps_what_was_recorded(tmp_path: Path) -> None:
    def work(step: Step) -> None:
        step.recorder.record(asset_key("model", "BTC"), DAY, {})
        raise Interrupted("SIGTERM")

    with DagsterInstance.ephemeral() as instance:
        result = run_in(instance, tmp_path, work)

        assert recorded(instance) == ["BTC"]
    # As Dagster says it of a run that was terminated, and that run retries launch again.
    assert "Execution was interrupted" in (result.all_events[-1].message or "")


def test_a_check_that_is_executed_without_a_day_looks_at_what_is_stored_and_works_on_nothing(tmp_path: Path) -> None:
    """Dagster offers Execute on the page of each check, and starts it without a partition."""
    key = asset_key("model", "BTC")
    worked: list[Step] = []
    step = build_step(
        small_settings(tmp_path, coins=COINS),
        "small",
        [AssetSpec(key, skippable=True)],
        [AssetCheckSpec("quality", asset=key)],
        worked.append,
        lambda _services, wanted: iter(
            [AssetCheckResult(asset_key=one.asset_key, check_name=one.name, passed=True) for one in wanted]
        ),
        backfill=ONE_RUN,
    )
    jobs = [
        define_asset_job("one_check", selection=AssetSelection.checks(AssetCheckKey(key, "quality"))),
        define_asset_job("the_asset", selection=AssetSelection.assets(key)),
    ]
    definitions = Definitions(assets=[step], resources={WORKER: NotingWorker()}, jobs=jobs)
    with DagsterInstance.ephemeral() as instance:
        checked, refused = (
            definitions.resolve_job_def(job.name).execute_in_process(instance=instance, raise_on_error=False)
            for job in jobs
        )

    assert [evaluation.passed for evaluation in checked.get_asset_check_evaluations()] == [True]
    (failure,) = [event for event in refused.all_events if event.event_type_value == "STEP_FAILURE"]
    assert "launch it for a partition" in str(failure.step_failure_data.user_failure_data)
    assert worked == []

"""What is said of a run that failed: step by step, or the run itself."""

from typing import Any

from dagster import DagsterInstance, JobDefinition, job, op, resource
from dagster._core.definitions.job_base import InMemoryJob
from dagster._core.execution.api import execute_run_iterator

from coin_models.defs.jobs import one_process
from coin_models.defs.launch import StepFailure, failed_steps
from coin_models.defs.outputs import fail_with_summary


@op
def by_coin() -> None:
    fail_with_summary({"ETH": "it is bad", "SOL": "it is worse"}, "model of today")


@op
def as_a_whole() -> None:
    raise ValueError("the table is locked")


@op(required_resource_keys={"place"})
def nothing() -> None:
    """Never begins."""


@resource
def away(_context: Any) -> None:
    raise OSError("the disk is away")


@job(executor_def=one_process())
def two_that_fail() -> None:
    by_coin()
    as_a_whole()


@job(executor_def=one_process(), resource_defs={"place": away})
def one_without_its_place() -> None:
    nothing()


def failures_of(made: JobDefinition) -> list[StepFailure]:
    with DagsterInstance.ephemeral() as instance:
        quiet = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
        run = instance.create_run_for_job(job_def=made, run_config=quiet)
        for _event in execute_run_iterator(InMemoryJob(made), run, instance):
            pass
        return failed_steps(instance, instance.get_run_by_id(run.run_id) or run)


def test_a_step_that_failed_for_coins_names_them_and_one_that_failed_as_a_whole_names_none() -> None:
    found = {failure.step: failure for failure in failures_of(two_that_fail)}

    assert found["by_coin"].who == {"ETH", "SOL"}
    assert "ETH: it is bad" in found["by_coin"].reason
    assert found["as_a_whole"].who == frozenset()
    assert "the table is locked" in found["as_a_whole"].reason


def test_a_run_that_failed_before_its_first_step_is_a_failure_of_the_run() -> None:
    (found,) = failures_of(one_without_its_place)

    assert found.step == "run"
    assert "the disk is away" in found.reason

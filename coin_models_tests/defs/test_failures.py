"""Why a run failed: the first cause of its events, that of its launch where Dagster says only that it failed."""

from collections.abc import Iterator

import pytest
from dagster import DagsterInstance, job, op

from coin_models.defs.failures import NO_REASON, cause_of_run
from coin_models_tests.defs.fixtures import some_job


@pytest.fixture
def instance() -> Iterator[DagsterInstance]:
    with DagsterInstance.ephemeral() as made:
        yield made


def _write() -> None:
    raise OSError("the disk is full\nsecond line")


@op
def failing() -> None:
    try:
        _write()
    except OSError as error:
        raise RuntimeError("the step failed") from error


@job
def failing_job() -> None:
    failing()


def test_the_first_cause_of_a_step_is_that_of_the_run(instance: DagsterInstance) -> None:
    result = failing_job.execute_in_process(instance=instance, raise_on_error=False)

    assert cause_of_run(instance, result.run_id) == "OSError: the disk is full"


def test_words_given_with_a_failure_are_the_cause_and_a_run_that_did_not_fail_has_none(
    instance: DagsterInstance,
) -> None:
    run = instance.create_run_for_job(some_job)
    before = cause_of_run(instance, run.run_id)
    instance.report_run_failed(run, "torch is not installed")

    assert (before, cause_of_run(instance, run.run_id)) == (NO_REASON, "torch is not installed")


def test_a_failure_from_outside_without_an_error_keeps_dagsters_words(instance: DagsterInstance) -> None:
    """The launch that failed, with its error, is in fleet/test_launcher.py."""
    run = instance.create_run_for_job(some_job)
    instance.report_run_failed(run)

    assert "marked as failed from outside" in cause_of_run(instance, run.run_id)

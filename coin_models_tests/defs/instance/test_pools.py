"""One fit at a time, from the first backfill of a new home on: Dagster's own queue decides which runs it would launch."""

from pathlib import Path

from dagster import DagsterInstance, DagsterRunStatus, job, op
from dagster._core.remote_origin import RegisteredCodeLocationOrigin, RemoteRepositoryOrigin
from dagster._daemon.run_coordinator import QueuedRunCoordinatorDaemon

from coin_models.defs.instance.home import dagster_home, open_instance
from coin_models.defs.instance.pools import TRAINER_POOL, make_pools_known
from coin_models_tests.defs.fixtures import small_settings


@op(pool=TRAINER_POOL)
def fit() -> None:
    """Stands in for a training step."""


@job
def fits() -> None:
    fit()


def queue(instance: DagsterInstance, num_runs: int) -> None:
    origin = RemoteRepositoryOrigin(RegisteredCodeLocationOrigin("tests"), "tests").get_job_origin("fits")
    for _ in range(num_runs):
        instance.create_run_for_job(fits, status=DagsterRunStatus.QUEUED, remote_job_origin=origin)


def num_launched(instance: DagsterInstance) -> int:
    """How many of the waiting runs the next pass of the queue would launch."""
    daemon = QueuedRunCoordinatorDaemon(interval_seconds=5)
    return len(daemon._get_runs_to_dequeue(instance, instance.get_concurrency_config(), fixed_iteration_time=None))


def test_of_the_first_three_runs_of_a_new_home_one_is_launched(tmp_path: Path) -> None:
    with open_instance(small_settings(tmp_path / "home")) as instance:
        queue(instance, 3)

        assert num_launched(instance) == 1


def test_without_it_dagster_launches_all_of_them_at_once_and_one_at_a_time_afterwards(tmp_path: Path) -> None:
    with DagsterInstance.from_config(str(dagster_home(small_settings(tmp_path / "home")))) as instance:
        queue(instance, 3)

        assert [num_launched(instance), num_launched(instance)] == [3, 1]


def test_a_limit_that_somebody_set_stays(tmp_path: Path) -> None:
    with open_instance(small_settings(tmp_path / "home")) as instance:
        instance.event_log_storage.set_concurrency_slots(TRAINER_POOL, 2)
        make_pools_known(instance)
        queue(instance, 3)

        assert num_launched(instance) == 2

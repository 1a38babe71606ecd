"""A command that could do nothing is a failed run of the day in the UI, once a cause, and is never resumed as a run."""

from datetime import date, timedelta
from pathlib import Path

from dagster import DagsterRunStatus

from coin_models.defs.failed_command import record_failed_command
from coin_models.defs.failures import cause_of_run
from coin_models.defs.instance.home import open_instance
from coin_models.defs.runs import days_of
from coin_models.errors import DiskFull, StoreUnavailable
from coin_models.settings.root import Settings

DAY = date(2026, 3, 10)
DAYS = [DAY, DAY + timedelta(days=1)]


def test_the_run_shows_the_cause_and_the_days(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)

    run_id = record_failed_command(settings, DiskFull("12 MiB are free in /x"), DAYS)

    with open_instance(settings) as instance:
        (run,) = instance.get_runs()
        assert (run.run_id, run.status) == (run_id, DagsterRunStatus.FAILURE)
        assert days_of(run.tags) == DAYS
        assert cause_of_run(instance, run.run_id) == "12 MiB are free in /x"


def test_the_same_cause_of_the_same_day_is_one_run_whatever_its_numbers(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    first, second = (record_failed_command(settings, DiskFull(f"{n} MiB are free"), DAYS) for n in (12, 13))
    other = record_failed_command(settings, StoreUnavailable("no answer"), DAYS)
    next_day = record_failed_command(settings, DiskFull("12 MiB are free"), DAYS[1:])

    assert first == second
    assert len({first, other, next_day}) == 3


def test_where_dagsters_storage_fails_too_there_is_no_run_and_no_error(tmp_path: Path) -> None:
    (tmp_path / "dagster" / "events").mkdir(parents=True)
    (tmp_path / "dagster" / "events" / "index.db").write_bytes(b"no database" * 100)

    assert record_failed_command(Settings(home=tmp_path), DiskFull("full"), DAYS) is None

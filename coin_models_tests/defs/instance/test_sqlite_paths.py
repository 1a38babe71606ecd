"""Dagster's SQLite files are where the home is, whatever characters its path has."""

from pathlib import Path

import pytest
from dagster import DagsterInstance

from coin_models.defs.instance.home import open_instance
from coin_models.defs.instance.sqlite_paths import is_plain
from coin_models.settings.root import Settings

_ODD = ["a?b=c", "100% x%20y", "a#b", "it's *"]


@pytest.mark.parametrize("name", _ODD)
def test_every_database_file_is_in_the_home(tmp_path: Path, name: str) -> None:
    home = tmp_path / name
    with open_instance(Settings(home=home)) as instance:
        instance.add_dynamic_partitions("probe", ["x"])
        run_id = instance.create_run_for_job(_job()).run_id
    with open_instance(Settings(home=home)) as again:
        run = again.get_run_by_id(run_id)
    files = {str(path.relative_to(home)) for path in home.rglob("*.db")}

    assert run is not None
    assert {"dagster/runs/runs.db", "dagster/schedules/schedules.db", "dagster/events/index.db"} <= files
    assert list(tmp_path.iterdir()) == [home]


@pytest.mark.parametrize(
    ("folder", "plain"), [("/data/home", True), ("/a b/c#d", True), ("/a?b", False), ("/a%20b", False)]
)
def test_only_a_path_that_a_url_changes_is_treated_apart(folder: str, *, plain: bool) -> None:
    assert is_plain(folder) is plain


def test_the_tables_made_apart_are_at_dagsters_newest_schema(tmp_path: Path) -> None:
    revisions = []
    for name in ("plain", "a?b"):
        with open_instance(Settings(home=tmp_path / name)) as instance:
            revisions.append(_revisions(instance))

    assert revisions[0] == revisions[1]


def _revisions(instance: DagsterInstance) -> list[object]:
    assert instance.schedule_storage is not None
    return [instance.run_storage.alembic_version(), instance.schedule_storage.alembic_version()]


def _job() -> object:
    from dagster import job

    @job
    def nothing() -> None:
        pass

    return nothing

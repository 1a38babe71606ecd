"""Which machines a fleet refuses, each with one sentence that says what to do."""

from pathlib import Path

import pytest
from sqlalchemy import column, table, update

from coin_models.db.migrate import VERSION_TABLE
from coin_models.defs.fleet.joining import other_code, require_same_tables, wrong_clock
from coin_models.errors import WorkerRefused
from coin_models.operations.workers import ControlPlane
from coin_models.pipeline.services import Services
from coin_models_tests.defs.fixtures import small_settings

CONTROL = ControlPlane(machine="control-1", code_version="a" * 64)


def test_the_control_planes_code_is_accepted_and_so_is_any_where_none_is_alive() -> None:
    assert other_code(CONTROL, "a" * 64) is None
    assert other_code(None, "b" * 64) is None


def test_other_code_is_refused_with_both_versions_and_where_the_control_plane_is() -> None:
    reason = other_code(CONTROL, "b" * 64) or ""

    assert all(word in reason for word in ("bbbbbbbbbbbb", "aaaaaaaaaaaa", "control-1", "Install"))


def test_a_clock_that_is_two_minutes_off_is_refused_in_either_direction_and_a_second_is_not() -> None:
    assert wrong_clock({"database": 1.0, "store": -2.0}) is None
    assert "120 s ahead of the database" in (wrong_clock({"database": 120.0}) or "")
    assert "120 s behind the store" in (wrong_clock({"database": 0.5, "store": -120.0}) or "")


def test_tables_of_other_code_are_refused_and_left_as_they_are(tmp_path: Path) -> None:
    settings = small_settings(tmp_path / "home")
    with Services(settings=settings) as services, services.database.begin() as connection:
        connection.execute(update(table(VERSION_TABLE, column("version_num"))).values(version_num="0004"))

    with pytest.raises(WorkerRefused, match="schema revision 0004") as refused:
        require_same_tables(settings)

    assert refused.value.exit_code == 2


def test_no_tables_yet_are_no_reason(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()

    require_same_tables(small_settings(tmp_path / "home"))

"""A step of several assets: what it makes, how it ends."""

from pathlib import Path

from coin_models.defs.build import build_definitions
from coin_models_tests.defs.fixtures import small_settings


def test_a_run_of_the_daily_job_is_one_step(tmp_path: Path) -> None:
    definitions = build_definitions(small_settings(tmp_path))

    assert [node.name for node in definitions.resolve_job_def("retrain").nodes] == ["coins"]
    assert [node.name for node in definitions.resolve_job_def("report").nodes] == ["whole_day"]

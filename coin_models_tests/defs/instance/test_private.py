"""Dagster's private names: three modules, imported in one place."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from dagster import AssetKey, AssetMaterialization, DagsterInstance

import coin_models
from coin_models.defs.instance import private
from coin_models.defs.instance.home import open_instance
from coin_models.settings.root import Settings

PACKAGE = Path(coin_models.__file__).parent
KNOWN = {"dagster._core.storage.event_log", "dagster._core.storage.runs", "dagster._core.storage.schedules"}
WRITTEN_BEFORE = {
    "run_storage": ("sqlite_paths", "QuotedRunStorage", "runs"),
    "event_log_storage": ("sqlite_storage", "KeptSqliteEventLogStorage", "events"),
    "schedule_storage": ("sqlite_paths", "QuotedScheduleStorage", "schedules"),
}
"""Module, class and folder of each storage, as a home of the version before names them."""


def private_imports(source: str) -> Iterator[str]:
    """Modules of Dagster whose path has a part that begins with an underscore, wherever in the file they are imported."""
    for node in ast.walk(ast.parse(source)):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            hidden = [f"{node.module}.{alias.name}" for alias in node.names if alias.name.startswith("_")]
            names = hidden or [node.module]
        yield from (name for name in names if name.startswith("dagster") and "._" in name)


@pytest.mark.parametrize(
    "source",
    [
        "import dagster._check",
        "from dagster import _check",
        "from dagster._core import events",
        "def f():\n    from dagster_aws._x import y",
    ],
)
def test_every_way_to_import_a_private_name_is_counted(source: str) -> None:
    assert len(list(private_imports(source))) == 1


def test_three_modules_of_dagster_that_are_not_public_are_imported_in_one_place() -> None:
    imports = {
        (str(path.relative_to(PACKAGE)), name)
        for path in sorted(PACKAGE.rglob("*.py"))
        for name in private_imports(path.read_text(encoding="utf-8"))
    }

    assert imports == {("defs/instance/private.py", name) for name in KNOWN}


@pytest.mark.parametrize("name", sorted(KNOWN))
def test_each_of_them_is_explained(name: str) -> None:
    assert f"`{name}`" in str(private.__doc__)


def test_a_home_of_the_version_before_opens_by_its_own_dagster_yaml(tmp_path: Path) -> None:
    folder = tmp_path / "dagster"
    folder.mkdir()
    config = {
        kind: {"module": f"coin_models.defs.{module}", "class": name, "config": {"base_dir": str(folder / place)}}
        for kind, (module, name, place) in WRITTEN_BEFORE.items()
    }
    (folder / "dagster.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    with DagsterInstance.from_config(str(folder)) as before:
        before.report_runless_asset_event(AssetMaterialization("candles"))

    with open_instance(Settings(home=tmp_path)) as instance:
        keys = instance.all_asset_keys()

    assert keys == [AssetKey("candles")]


def test_production_homes_of_the_version_before_name_a_class_that_is_there() -> None:
    from coin_models.defs import postgres_storage
    from coin_models.defs.instance.postgres_storage import RetryingPostgresStorage

    assert postgres_storage.RetryingPostgresStorage is RetryingPostgresStorage

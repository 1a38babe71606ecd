"""Another Dagster project gets the pipeline from the few lines of defs.yaml that docs/dagster.md shows."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from dagster import Definitions, load_from_defs_folder

from coin_models.defs.component import CoinModels
from coin_models.errors import SettingsError
from coin_models.settings.load import load_settings
from coin_models_tests.docs.pages import blocks
from coin_models_tests.docs.reference import REPOSITORY

SHOWN = blocks(REPOSITORY / "docs" / "dagster.md", "yaml")[0]
DEMO = "type: coin_models.CoinModels\nattributes:\n  home: state\n  source: demo\n  universe: [BTC, ETH]\n"

_PYPROJECT = """
[project]
name = "foreign"
version = "0.1"
[tool.dg]
directory_type = "project"
[tool.dg.project]
root_module = "foreign"
"""
_DEFINITIONS = """
from pathlib import Path

from dagster import Definitions, definitions, load_from_defs_folder


@definitions
def defs() -> Definitions:
    return load_from_defs_folder(path_within_project=Path(__file__).parent)
"""


def _scaffold(root: Path, text: str) -> Path:
    """A project as `create-dagster project` makes it, with one component."""
    folder = root / "foreign" / "defs" / "coins"
    folder.mkdir(parents=True)
    (root / "pyproject.toml").write_text(_PYPROJECT, encoding="utf-8")
    (root / "foreign" / "definitions.py").write_text(_DEFINITIONS, encoding="utf-8")
    (root / "foreign" / "__init__.py").touch()
    (root / "foreign" / "defs" / "__init__.py").touch()
    (folder / "defs.yaml").write_text(text, encoding="utf-8")
    return root


@pytest.fixture
def import_path(tmp_path: Path) -> Iterator[None]:
    """The project as if it were installed, and forgotten afterwards."""
    sys.path.insert(0, str(tmp_path))
    yield
    sys.path.remove(str(tmp_path))
    for name in [name for name in sys.modules if name.partition(".")[0] == "foreign"]:
        del sys.modules[name]


def _load(root: Path) -> Definitions:
    return load_from_defs_folder(path_within_project=root / "foreign")


def test_the_lines_of_the_documentation_are_a_whole_pipeline(tmp_path: Path, import_path: None) -> None:
    definitions = _load(_scaffold(tmp_path, SHOWN))
    keys = {key.to_user_string() for key in definitions.resolve_asset_graph().get_all_asset_keys()}

    wanted = {f"{kind}/{coin}" for kind in ("candles", "model", "shadow_trades") for coin in ("BTC", "ETH", "SOL")}
    assert keys == {*wanted, "pattern_library", "daily_report"}
    assert {"retrain", "report", "unquarantine"} <= {job.name for job in definitions.jobs or ()}
    assert "s3" in (definitions.resources or {})
    assert len(SHOWN.splitlines()) <= 8


def test_what_the_file_says_wins_and_its_folders_are_in_the_project(tmp_path: Path) -> None:
    os.environ.update(COIN_MODELS_UNIVERSE="SOL", COIN_MODELS_TRAINING_EPOCHS="7", COIN_MODELS_TRAINING_WIDTH="64")
    component = CoinModels(
        home="state",
        source="files",
        universe=["BTC"],
        data_folder="candles",
        settings={"training": {"epochs": 5}, "market": {"demo_seed": 3}},
    )

    settings = load_settings(component.given(tmp_path))

    assert (settings.home, settings.universe) == (tmp_path / "state", ("BTC",))
    assert (settings.training.epochs, settings.training.width) == (5, 64)  # a group is not replaced as a whole
    assert (settings.market.files_path, settings.market.demo_seed) == (tmp_path / "candles", 3)


def test_secrets_come_from_the_environment(tmp_path: Path) -> None:
    os.environ["COIN_MODELS_DATABASE_URL"] = "postgresql://coin:planted@localhost/coins"
    settings = load_settings(CoinModels(home="state", source="demo").given(tmp_path))

    assert settings.database_url is not None
    assert "planted" in settings.database_url.get_secret_value()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"store_secret_access_key": "planted"}, "set COIN_MODELS_STORE_SECRET_ACCESS_KEY in the environment"),
        ({"notify": {"urls": ["json://planted"]}}, "set COIN_MODELS_NOTIFY_URLS in the environment"),
        ({"universe": ["BTC"]}, "give universe under attributes"),
        ({"market": {"files_path": "there"}}, "give data_folder under attributes"),
    ],
)
def test_a_secret_or_a_second_name_is_refused(tmp_path: Path, given: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingsError, match=message) as refused:
        CoinModels(home="state", source="demo", settings=given).given(tmp_path)
    assert "planted" not in str(refused.value)


def test_an_impossible_setting_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"training\.epochz"):
        load_settings(CoinModels(home="s", source="demo", settings={"training": {"epochz": 5}}).given(tmp_path))


@pytest.mark.parametrize("name", ["CoinModels", "load_champion"])
def test_what_the_package_exports_is_there_and_seen(name: str) -> None:
    import coin_models

    assert name in dir(coin_models)
    assert getattr(coin_models, name).__name__ == name


def test_importing_the_package_stays_cheap() -> None:
    program = "import sys, coin_models; print([n for n in ('dagster', 'pandas', 'pydantic') if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


def test_the_documented_file_is_the_one_that_yaml_reads() -> None:
    assert yaml.safe_load(SHOWN)["type"] == "coin_models.CoinModels"


@pytest.mark.parametrize(("text", "returncode"), [(DEMO, 0), (DEMO + "  univers: [BTC]\n", 1)], ids=["good", "typo"])
def test_dg_checks_the_project(tmp_path: Path, text: str, returncode: int) -> None:
    pytest.importorskip("dagster_dg_cli")
    root, dagster_home = _scaffold(tmp_path / "project", text), tmp_path / "dagster_home"
    dagster_home.mkdir()
    (dagster_home / "dagster.yaml").write_text("telemetry: {enabled: false}\n", encoding="utf-8")
    python_path = os.pathsep.join([str(root), str(REPOSITORY)])
    done = subprocess.run(
        [Path(sys.executable).with_name("dg"), "check", "defs", "--use-active-venv"],
        env={**os.environ, "DAGSTER_HOME": str(dagster_home), "PYTHONPATH": python_path},
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == returncode, done.stdout + done.stderr
    assert ("All definitions loaded successfully" in done.stdout + done.stderr) == (returncode == 0)

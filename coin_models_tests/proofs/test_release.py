"""A release: what is built and written, and the wheel alone, without the clone, from nothing to a forecast."""

import hashlib
import json
import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

from coin_models_tests.docs.reference import REPOSITORY

pytestmark = [pytest.mark.proof, pytest.mark.timeout(600)]


def _run(*command: str | Path, cwd: Path, **variables: str) -> str:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("COIN_MODELS_", "PYTHON"))}
    done = subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        env=environment | variables,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{command}: {done.stdout[-2000:]}{done.stderr[-2000:]}"
    return done.stdout


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    into = tmp_path_factory.mktemp("release")
    _run(sys.executable, REPOSITORY / "deploy" / "release.py", "--into", into, cwd=into)
    return into


def _wheel(release: Path) -> Path:
    (wheel,) = release.glob("*.whl")
    return wheel


def test_a_release_is_sdist_wheel_bill_of_materials_and_their_checksums(release: Path) -> None:
    lines = [line.split("  ") for line in (release / "SHA256SUMS").read_text().splitlines()]
    bill = json.loads(next(release.glob("*.cdx.json")).read_text())
    components = {component["name"] for component in bill["components"]}

    assert {name for _, name in lines} == {path.name for path in release.iterdir()} - {"SHA256SUMS"}
    assert all(hashlib.sha256((release / name).read_bytes()).hexdigest() == digest for digest, name in lines)
    assert {"dagster", "torch", "pyarrow"} <= components
    assert "pytest" not in components
    assert [component["name"] for component in bill["components"] if not component.get("licenses")] == []
    assert [component["name"] for component in bill["components"] if not component.get("properties")] == []


def test_this_environment_has_the_contents_of_the_bill(release: Path) -> None:
    output = _run(sys.executable, REPOSITORY / "deploy" / "contents.py", *release.glob("*.cdx.json"), cwd=release)

    assert "all with the contents of the bill" in output


def test_the_same_commit_gives_the_same_wheel(release: Path, tmp_path: Path) -> None:
    _run(sys.executable, REPOSITORY / "deploy" / "release.py", "--into", tmp_path, cwd=tmp_path)

    assert _wheel(tmp_path).read_bytes() == _wheel(release).read_bytes()


def test_a_wheel_that_lacks_a_file_of_the_product_is_refused(release: Path, tmp_path: Path) -> None:
    sys.path.insert(0, str(REPOSITORY / "deploy"))
    try:
        from release import find_defects  # type: ignore[import-not-found]
    finally:
        sys.path.pop(0)
    lacking = tmp_path / _wheel(release).name
    with zipfile.ZipFile(_wheel(release)) as whole, zipfile.ZipFile(lacking, "w") as part:
        for name in whole.namelist():
            if not name.endswith("report/page.html"):
                part.writestr(name, whole.read(name))
        part.writestr("coin_models_tests/x.py", "")
        part.writestr("coin_models/y.py", "path = '/home/me/x'")

    defects = find_defects(lacking, REPOSITORY)

    page = "lacks coin_models/reporting/report/page.html"
    assert [defect for defect in defects if "__pycache__" not in defect] == [
        page, "holds coin_models_tests", "coin_models/y.py names a path of one machine",
    ]  # fmt: skip


def test_the_wheel_alone_makes_a_forecast(release: Path, tmp_path: Path) -> None:
    """The environment has the other packages of this one; the product comes from the wheel."""
    venv.create(tmp_path / "env", with_pip=True)
    python = tmp_path / "env" / "bin" / "python"
    _run(python, "-m", "pip", "install", "--no-index", "--no-deps", _wheel(release), cwd=tmp_path)
    (site,) = (tmp_path / "env").glob("lib/python*/site-packages")
    (site / "others.pth").write_text(sysconfig.get_path("purelib") + "\n")
    home = {"COIN_MODELS_HOME": str(tmp_path / "home")}

    version = _run(python, "-m", "coin_models", "--version", cwd=tmp_path)
    where = _run(python, "-c", "import coin_models; print(coin_models.__file__)", cwd=tmp_path)
    _run(tmp_path / "env" / "bin" / "coin-models", "retrain", "--coins", "BTC,ETH", cwd=tmp_path, **home)
    forecast = _run(tmp_path / "env" / "bin" / "coin-models", "predict", "BTC", "--json", cwd=tmp_path, **home)

    assert version.split()[-1] in _wheel(release).name
    assert Path(where.strip()).is_relative_to(site)
    assert json.loads(forecast)

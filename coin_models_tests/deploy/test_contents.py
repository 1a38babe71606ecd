"""An environment is compared with a bill of materials: packages, versions, and the contents of their files."""

import runpy
from importlib.metadata import Distribution, PathDistribution
from pathlib import Path

import pytest

from coin_models_tests.docs.reference import REPOSITORY

CONTENTS = runpy.run_path(str(REPOSITORY / "deploy" / "contents.py"))
PROPERTY, contents_digest, differences = (CONTENTS[name] for name in ("PROPERTY", "contents_digest", "differences"))


def _install(site: Path, content: str, *, script: str = "#!/usr/bin/python3") -> Distribution:
    """A package as pip leaves it: a module, a script outside, notes of the installer."""
    info = site / "some_package-1.0.dist-info"
    info.mkdir(parents=True)
    (site / "some_package.py").write_text(content, encoding="utf-8")
    (site.parent / "some-script").write_text(script, encoding="utf-8")
    (info / "INSTALLER").write_text("pip", encoding="utf-8")
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: some-package\nVersion: 1.0\n", encoding="utf-8")
    names = ["some_package.py", "../some-script", f"{info.name}/INSTALLER", f"{info.name}/METADATA"]
    record = "".join(f"{name},sha256=x,1\n" for name in names)
    (info / "RECORD").write_text(f"{record}{info.name}/RECORD,,\n", encoding="utf-8")
    return PathDistribution(info)


def test_the_digest_is_that_of_the_wheels_files_wherever_they_are_installed(tmp_path: Path) -> None:
    here = contents_digest(_install(tmp_path / "a" / "site", "x = 1"))
    there = contents_digest(_install(tmp_path / "b" / "site", "x = 1", script="#!/opt/python"))
    changed = contents_digest(_install(tmp_path / "c" / "site", "x = 2"))

    assert here == there != changed


def test_a_removed_file_and_a_package_without_a_list_of_files_are_noticed(tmp_path: Path) -> None:
    package = _install(tmp_path / "site", "x = 1")
    before = contents_digest(package)
    (tmp_path / "site" / "some_package.py").unlink()
    after = contents_digest(package)
    (tmp_path / "site" / "some_package-1.0.dist-info" / "RECORD").unlink()

    assert before != after
    assert contents_digest(package) is None


def test_each_difference_is_a_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    digest = contents_digest(_install(tmp_path / "site", "x = 1"))
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    component = {"name": "some-package", "version": "1.0", "properties": [{"name": PROPERTY, "value": digest}]}
    newer, other, absent = {**component, "version": "1.1"}, {**component}, {"name": "no-such-package", "version": "1"}
    other["properties"] = [{"name": PROPERTY, "value": "0" * 64}]

    assert list(differences([component])) == []
    assert list(differences([newer, other, absent])) == [
        "some-package: 1.0 is installed, the bill lists 1.1",
        "some-package 1.0: its files are not those of the bill",
        "no-such-package 1 is not installed",
    ]

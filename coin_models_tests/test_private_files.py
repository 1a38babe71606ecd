"""Files of a home are for their owner alone, whatever the umask; what a person exports has the mode that theirs gives."""

import os
import re
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from coin_models import private_files
from coin_models.defs.instance.home import open_instance
from coin_models.pipeline.services import open_services
from coin_models.settings.root import Settings


@pytest.fixture(autouse=True)
def umask() -> Iterator[None]:
    former = os.umask(0o022)
    yield
    os.umask(former)


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def _modes(folder: Path) -> dict[bool, set[int]]:
    """The modes of files (False) and of folders (True) from the folder down."""
    modes: dict[bool, set[int]] = {True: {_mode(folder)}, False: set()}
    for path in folder.rglob("*"):
        modes[path.is_dir()].add(_mode(path))
    return modes


def test_a_home_made_under_a_wide_umask_is_private(tmp_path: Path) -> None:
    with open_services(Settings(home=tmp_path / "new" / "home"), create=True) as services:
        services.store.put("some/object", b"bytes")

    assert _modes(tmp_path / "new") == {True: {0o700}, False: {0o600}}


def test_an_entry_point_makes_dagsters_files_private_too(tmp_path: Path) -> None:
    private_files.keep_private()
    open_instance(Settings(home=tmp_path / "home")).dispose()

    assert list((tmp_path / "home" / "dagster").glob("**/*.db"))
    assert _modes(tmp_path / "home") == {True: {0o700}, False: {0o600}}


@pytest.mark.parametrize("module", ["cli/main.py", "definitions.py", "defs/webserver.py"])
def test_every_entry_point_keeps_its_files_private(module: str) -> None:
    text = (Path(private_files.__file__).parent / module).read_text()

    assert re.search(r"^\s*keep_private\(\)", text, re.MULTILINE)


_EXPORT = """
import sys
from pathlib import Path
from coin_models.private_files import keep_private, share
keep_private()
keep_private()  # twice, as in a command that loads the definitions
path = Path(sys.argv[1])
path.write_text("picture")
before = path.stat().st_mode
share(path)
print(f"{before & 0o777:o} {path.stat().st_mode & 0o777:o}")
"""


def test_an_exported_file_has_the_mode_of_the_persons_own_umask(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _EXPORT, str(tmp_path / "picture.svg")], capture_output=True, text=True, check=True
    )

    assert done.stdout.split() == ["600", "644"]


def test_a_folder_that_exists_keeps_its_mode(tmp_path: Path) -> None:
    (tmp_path / "shared").mkdir(mode=0o755)
    private_files.make_private_folder(tmp_path / "shared" / "a" / "b")

    assert [_mode(tmp_path / part) for part in ("shared", "shared/a", "shared/a/b")] == [0o755, 0o700, 0o700]

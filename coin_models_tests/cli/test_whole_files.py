"""A file that a person named is whole or absent."""

from pathlib import Path

import pytest

from coin_models.cli.whole_files import write_whole
from coin_models.errors import UsageError


def test_a_file_is_whole_or_absent(tmp_path: Path) -> None:
    def fail(path: Path) -> int:
        path.write_text("half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_whole(tmp_path / "f.csv", fail)

    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    path = tmp_path / "nowhere" / "f.csv"

    with pytest.raises(UsageError, match=f"could not write {path}: No such file or directory; give a file"):
        write_whole(path, lambda part: part.write_text("x"))

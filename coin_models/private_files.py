"""Modes of what a home is made of: folders 0700, files 0600, since database, logs and models are for their owner alone.

The entry points narrow the umask, which covers the files that Dagster and SQLite make; what we make ourselves has its mode
explicitly, for every caller. What a person exports keeps the mode that their own umask gives (`share`).
"""

import os
import stat
from pathlib import Path

FOLDER_MODE = 0o700
FILE_MODE = 0o600
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_former_umask: list[int] = []


def keep_private() -> None:
    """From now on this process, and those that it starts, make files for their owner alone."""
    former = os.umask(_OTHERS)
    if not _former_umask:
        _former_umask.append(former)


def share(path: Path) -> None:
    """Gives an exported file the mode that the person's own umask gives."""
    if _former_umask:
        path.chmod(0o666 & ~_former_umask[0])


def make_private_folder(folder: Path) -> None:
    """Makes the folder, and those above it that are missing, with 0700; one that exists keeps its mode.

    Raises:
        OSError: it cannot be made.
    """
    if folder.is_dir():
        return
    if folder.parent != folder:
        make_private_folder(folder.parent)
    folder.mkdir(mode=FOLDER_MODE, exist_ok=True)


def make_private_file(path: Path) -> None:
    """Makes an empty file with 0600 where there is none.

    Raises:
        OSError: it cannot be made.
    """
    if not path.exists():
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT, FILE_MODE))


def is_open_to_others(path: Path) -> bool:
    """Whether anyone but the owner may read, write or enter it; False where there is nothing."""
    return path.exists() and bool(path.stat().st_mode & _OTHERS)

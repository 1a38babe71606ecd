"""Writes a file that a person named, whole or not at all."""

import os
from collections.abc import Callable
from pathlib import Path

from coin_models.errors import UsageError


def write_whole(path: Path, write: Callable[[Path], int]) -> int:
    """Lets `write` fill a file beside `path`, which then takes its place: what is there is always whole.

    Raises:
        UsageError: the folder cannot be written.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        num_rows = write(part)
        part.replace(path)
    except OSError as error:
        raise UsageError(
            f"could not write {path}: {error.strerror or error}; give a file in a folder that can be written"
        ) from error
    finally:
        part.unlink(missing_ok=True)
    return num_rows

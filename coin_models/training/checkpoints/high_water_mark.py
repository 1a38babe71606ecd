"""The highest step that a fit reached, even if it was killed: a number in a file, so that repeated work can be counted.

No result depends on it; if it is lost, only a statistic is lost.
"""

import mmap
from pathlib import Path
from types import TracebackType
from typing import Self

from coin_models.private_files import make_private_folder

_SIZE = 8


class HighWaterMark:
    """The highest step a cohort reached on this machine. Memory-mapped: a write is no system call, and outlives SIGKILL."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> Self:
        make_private_folder(self._path.parent)
        with self._path.open("a+b") as file:
            file.truncate(_SIZE)
            self._map = mmap.mmap(file.fileno(), _SIZE)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._map.close()

    def read(self) -> int:
        """The highest step so far; 0 for a new one."""
        return int.from_bytes(self._map[:_SIZE], "little")

    def record(self, step: int) -> None:
        """Notes that `step` steps are done; a resumed fit is behind it at first."""
        if step > self.read():
            self._map[:_SIZE] = step.to_bytes(_SIZE, "little")

    def remove(self) -> None:
        """Forgets the cohort."""
        self._path.unlink(missing_ok=True)

"""The current phase of a retraining: a few bytes of memory that the drill and its child share.

The memory outlives the SIGKILL of the child, and a write to it is no system call. The drill may ask the child to wait
at the start of a phase: a random kill hits an instant as short as the one between two writes once in a thousand kills.
"""

import mmap
import struct
import time
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

PHASES = (
    "start-up",  # imports, settings, reaper
    "candles",  # fetching, storing, reading back, features
    "set-up",  # torch, data to the device, newest checkpoint
    "first epoch",
    "later epochs",
    "validation",
    "saving",  # a checkpoint, on this machine
    "uploading",  # a checkpoint, to the store
    "weights",  # publishing: before and while the weights are stored
    "manifest",  # publishing: between weights and manifest
    "row",  # publishing: between manifest and registry row
    "tidying",  # published; its checkpoints are removed
    "event",  # between registry row and Dagster's event
)

_LAYOUT = struct.Struct("<BBBxIIIQ")  # phase, hold (0: nowhere), held, cohort, first step, last step, first step's time
_POLL_SECONDS = 0.001


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """What the board says at one moment."""

    phase: str
    is_held: bool
    cohort: int  # a number made of the day and the coins that are being fitted; 0 before the first fit
    first_step: int  # of this cohort, in this process: the step it continued from
    last_step: int
    first_step_at: float  # time.monotonic() of the first new step of this process; 0 before it


class PhaseMarker:
    """A file of a few bytes, mapped by the drill and by its child."""

    def __init__(self, path: Path) -> None:
        with path.open("a+b") as file:
            file.truncate(_LAYOUT.size)
            self._map = mmap.mmap(file.fileno(), _LAYOUT.size)

    def see(self) -> Sighting:
        """Reads the board."""
        phase, _hold, held, cohort, first, last, nanoseconds = _LAYOUT.unpack(self._map[:])
        return Sighting(
            phase=PHASES[phase],
            is_held=bool(held),
            cohort=cohort,
            first_step=first,
            last_step=last,
            first_step_at=nanoseconds / 1e9,
        )

    def pause_at(self, phase: str | None) -> None:
        """Asks the child to wait on the threshold of a phase; None lets it go."""
        self._map[2] = 0
        self._map[1] = 0 if phase is None else PHASES.index(phase) + 1

    def enter(self, phase: str) -> None:
        """Says where the child is; waits there if the drill requested it."""
        number = PHASES.index(phase)
        self._map[0] = number
        while self._map[1] == number + 1:
            self._map[2] = 1
            time.sleep(_POLL_SECONDS)

    @contextmanager
    def during(self, phase: str) -> Iterator[None]:
        """A phase that another thread passes through while training continues."""
        before = self._map[0]
        self.enter(phase)
        yield
        if self._map[0] == PHASES.index(phase):
            self._map[0] = before

    def step(self, day: date, coins: Sequence[str], step: int) -> None:
        """Notes a step of a fit; the first one of a cohort tells what it continued from."""
        cohort = zlib.crc32(",".join([day.isoformat(), *coins]).encode())
        _, _, _, marked_cohort, first, _, at = _LAYOUT.unpack(self._map[:])
        if marked_cohort != cohort:
            first = step - 1
        struct.pack_into("<IIIQ", self._map, 4, cohort, first, step, at or time.monotonic_ns())

    def close(self) -> None:
        """Unmaps it."""
        self._map.close()

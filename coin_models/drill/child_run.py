"""Runs one child process of the drill: starts it instrumented, and kills it by its process id where the plan says
so.
"""

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

from coin_models.clock import SystemClock
from coin_models.drill.kill_plan import Kill
from coin_models.drill.phases import PhaseMarker, Sighting
from coin_models.errors import Interrupted, TrainingError

_POLL_SECONDS = 0.002
_SECOND_SIGNAL_SECONDS = 0.05
_LONGEST_LIFE_SECONDS = 900.0
_LAST_LINES = 12
_SIGTERM_EXITS = (Interrupted.exit_code, -signal.SIGTERM)  # the latter: before the interpreter had a handler
_COMMAND = "from coin_models.cli.main import main; main()"


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """The steps of one cohort that a child did."""

    cohort: int
    first_step: int
    last_step: int
    began_at: float  # time.monotonic() of the first sight of it
    seconds: float  # from the first sight of it to its last step


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """What was seen of a child."""

    worker: int  # which of the drill's workers it was, from 0
    process_id: int
    seconds: float
    ended_at: datetime
    start_seconds: float | None  # until it left the phase start-up
    first_step_seconds: float | None  # until its first new training step
    segments: tuple[Segment, ...]
    killed_in: str | None  # None: it ended by itself
    kill: Kill | None = None
    exit_seconds: float = 0.0  # from the signal to the end


def segments_in_order(lives: Sequence[Life]) -> list[Segment]:
    """The segments of all children, in the order of time: a cohort is fitted by one process after another."""
    return sorted((segment for life in lives for segment in life.segments), key=lambda segment: segment.began_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class DrillHome:
    """A home to retrain in."""

    folder: Path
    environment: Mapping[str, str] = field(repr=False)  # may hold credentials

    @property
    def log_path(self) -> Path:
        """What the children said."""
        return self.folder / "children.log"


def live(
    home: DrillHome,
    days: Sequence[date],
    kill: Kill | None,
    *,
    after_seconds: float,
    worker: int = 0,
    given_up: threading.Event | None = None,
) -> Life:
    """Retrains the days in a child process; kills it as `kill` says, an instant being `after_seconds` from its start.

    Args:
        home: where the child works.
        days: consecutive trading days.
        kill: how it is killed; None: not at all.
        after_seconds: from its start to the kill, where the kill is not aimed at a phase.
        worker: which of the drill's workers it is; those of one drill run beside each other.
        given_up: once set, the child is ended at once: another worker failed.

    Raises:
        TrainingError: the child failed by itself, did not exit correctly after SIGTERM, or took too long.
    """
    home.folder.mkdir(parents=True, exist_ok=True)
    board_path = home.folder / f"phase-{worker}"
    board_path.unlink(missing_ok=True)
    board = PhaseMarker(board_path)
    command = [sys.executable, "-c", _COMMAND, "retrain", "--from", str(days[0]), "--to", str(days[-1]), "--json"]
    with home.log_path.open("ab") as log:
        child = subprocess.Popen(  # noqa: S603 - our own command
            [*command, "--phase-file", str(board_path)],
            stdout=log, stderr=log, cwd=home.folder, env=dict(home.environment),
        )  # fmt: skip
    try:
        return _Watch(child, board, kill, after_seconds, worker, given_up or threading.Event()).until_the_end()
    except TrainingError as error:
        raise TrainingError(f"{error}; last output: {_last_words(home.log_path)}") from None
    finally:
        if child.poll() is None:
            child.kill()
            child.wait()
        board.close()


def _last_words(log: Path) -> str:
    """The log's last lines: the folder goes away with the drill."""
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return " | ".join(line.strip() for line in lines[-_LAST_LINES:]) or "none"


class _Watch:
    def __init__(
        self,
        child: "subprocess.Popen[bytes]",
        board: PhaseMarker,
        kill: Kill | None,
        after: float,
        worker: int,
        given_up: threading.Event,
    ) -> None:
        self._child, self._board, self._kill, self._after = child, board, kill, after
        self._worker, self._given_up = worker, given_up
        self._began = time.monotonic()
        self._started: float | None = None
        self._segments: list[Segment] = []
        self._cohort_began = 0.0
        if kill is not None and kill.phase not in (None, "start-up"):
            board.pause_at(kill.phase)

    def until_the_end(self) -> Life:
        while True:
            code = self._child.poll()
            seen = self._look()
            if code is not None:
                return self._ended(code)
            if self._kill is not None and self._is_time(self._kill, seen):
                return self._do(self._kill, seen)
            if self._given_up.is_set():
                raise TrainingError("stopped, because another worker of the drill failed")
            if self._seconds() > _LONGEST_LIFE_SECONDS:
                raise TrainingError(f"the drill's child did not end within {_LONGEST_LIFE_SECONDS:.0f} s")
            time.sleep(_POLL_SECONDS)

    def _is_time(self, kill: Kill, seen: Sighting) -> bool:
        return seen.is_held if kill.phase not in (None, "start-up") else self._seconds() >= self._after

    def _do(self, kill: Kill, seen: Sighting) -> Life:
        signalled = time.monotonic()
        self._child.send_signal(kill.number)
        self._board.pause_at(None)
        if kill.twice:
            time.sleep(_SECOND_SIGNAL_SECONDS)
            if self._child.poll() is None:
                self._child.send_signal(kill.number)
        code = self._child.wait(_LONGEST_LIFE_SECONDS)
        exit_seconds = time.monotonic() - signalled
        self._look()
        if code == 0:
            return self._life(killed_in=None)  # it was done when the signal came
        if kill.number is signal.SIGTERM and code not in _SIGTERM_EXITS:
            raise TrainingError(
                f"the drill's child left with exit code {code} after SIGTERM in phase {seen.phase}, not 143"
            )
        return self._life(killed_in=seen.phase, kill=kill, exit_seconds=exit_seconds)

    def _ended(self, code: int) -> Life:
        if code != 0:
            raise TrainingError(f"the drill's child failed by itself with exit code {code}")
        return self._life(killed_in=None)

    def _life(self, *, killed_in: str | None, kill: Kill | None = None, exit_seconds: float = 0.0) -> Life:
        first = self._board.see().first_step_at
        return Life(
            worker=self._worker,
            process_id=self._child.pid,
            seconds=self._seconds(),
            ended_at=SystemClock().now(),
            start_seconds=self._started,
            first_step_seconds=first - self._began if first else None,
            segments=tuple(self._segments),
            killed_in=killed_in,
            kill=kill,
            exit_seconds=exit_seconds,
        )

    def _look(self) -> Sighting:
        seen = self._board.see()
        if self._started is None and seen.phase != "start-up":
            self._started = self._seconds()
        if seen.cohort:
            self._note(seen)
        return seen

    def _note(self, seen: Sighting) -> None:
        before = self._segments[-1] if self._segments else None
        if before is not None and (before.cohort, before.last_step) == (seen.cohort, seen.last_step):
            return
        if before is not None and before.cohort == seen.cohort:
            self._segments.pop()
        else:
            self._cohort_began = time.monotonic()
        self._segments.append(
            Segment(
                cohort=seen.cohort,
                first_step=seen.first_step,
                last_step=seen.last_step,
                began_at=self._cohort_began,
                seconds=time.monotonic() - self._cohort_began,
            )
        )

    def _seconds(self) -> float:
        return time.monotonic() - self._began

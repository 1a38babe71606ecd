"""The consoles and the progress bar: results go to stdout, everything else to stderr."""

import io
import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, ProgressColumn, SpinnerColumn, Task, TaskID, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars
from rich.progress_bar import ProgressBar
from rich.text import Text

from coin_models.pipeline.phases import Phase, PhaseProgress
from coin_models.pipeline.time_left import TimeLeft, describe_seconds
from coin_models.settings.root import Settings
from coin_models.training.results import Progress

out = Console(highlight=False, emoji=False)  # of ":ok:" in a path, rich would make a picture
err = Console(stderr=True, highlight=False, emoji=False)

_WIDE = 110  # columns of a terminal that has room for everything beside the bar
_LINE_EVERY_SECONDS = 30.0


def print_json(value: Any) -> None:
    """Prints JSON alone to stdout."""
    print(json.dumps(value, indent=2, default=str))


def repeat(console: Console, show: Callable[[], object], seconds: float = 2.0) -> None:
    """Shows it every so often on a cleared screen, until Ctrl-C."""
    with suppress(KeyboardInterrupt):
        while True:
            console.clear()
            show()
            time.sleep(seconds)


def print_market(settings: Settings, *, to_stderr: bool = False) -> None:
    """The first line of a command that trains or forecasts: which market and home it works on."""
    from coin_models.home.market import market_line
    from coin_models.settings.places import find_settings_file

    without = "" if find_settings_file() else " (no coin_models.toml found)"
    (err if to_stderr else out).print(market_line(settings) + without, markup=False, soft_wrap=True)


@dataclass(slots=True)
class _Lines:
    """Where no bar can be drawn, in a pipe or a journal: now and then a line of what a long command does."""

    console: Console
    every_seconds: float
    last: float = field(default_factory=time.monotonic)

    def __call__(self, *parts: str) -> None:
        """Prints it, unless there is a terminal, or a line was printed shortly before."""
        now = time.monotonic()
        if not self.console.is_interactive and now - self.last >= self.every_seconds:
            self.last = now
            self.console.print("  ".join(part for part in parts if part), markup=False, soft_wrap=True)


@dataclass(slots=True)
class DayBar:
    """The bar of `retrain`: the phase, how much of it is done, and what is left of the whole command."""

    bars: Bars
    task: TaskID
    time_left: TimeLeft
    lines: _Lines
    is_wide: bool = True
    day: str = ""

    def say(self, text: str) -> None:
        """Names what is done now."""
        self.bars.update(self.task, description=text, detail="")

    def note(self, text: str) -> None:
        """Leaves a line above the bar."""
        self.bars.console.print(text, style="dim", markup=False)

    def expect(self, phase: Phase, day: date | None, units: float) -> None:
        """Learns how much there is to do."""
        self.time_left.expect(phase, day, units)

    def reach(self, progress: PhaseProgress) -> None:
        """Shows the phase."""
        self.time_left.reach(progress)
        self.day = str(progress.day)
        text = f"{progress.day} {progress}" if progress.day else str(progress)
        self.say(text)
        self.lines(text, _described(self.time_left))

    def __call__(self, progress: Progress) -> None:
        """Shows where a fit is, and its day where that is a parent's."""
        self.time_left.fit(progress)
        rate = f"  {progress.samples_per_second:,.0f} samples/s" if self.is_wide else ""
        epoch = f"epoch {progress.epoch}/{progress.epochs}"
        self.bars.update(self.task, detail=epoch + rate)
        if self.day != str(progress.day):
            self.bars.update(self.task, description=f"first {progress.day} models")
        self.lines(f"{progress.day} models", epoch, _described(self.time_left))


def _described(time_left: TimeLeft) -> str:
    return describe_seconds(time_left.seconds()) if time_left.is_expecting else ""


class _LeftColumn(ProgressColumn):
    """What the bar says beside itself; drawn from the time, so that it moves also in a phase that tells nothing."""

    def __init__(self, time_left: TimeLeft) -> None:
        super().__init__()
        self._time_left = time_left

    def render(self, task: Task) -> Text:
        """The detail and the time left."""
        parts = (task.fields["detail"], _described(self._time_left))
        return Text("  ".join(part for part in parts if part))


class _ShareColumn(ProgressColumn):
    """A bar whose length is the share of the time; it is never full before the end."""

    def __init__(self, time_left: TimeLeft, width: int) -> None:
        super().__init__()
        self._time_left, self._width = time_left, width

    def render(self, _task: Task) -> ProgressBar:
        """The bar, as it is now."""
        return ProgressBar(total=1.0, completed=min(self._time_left.share_done(), 0.99), width=self._width)


@contextmanager
def day_bar(
    usual: Mapping[Phase, float], shown_on: Console | None = None, line_every_seconds: float = _LINE_EVERY_SECONDS
) -> Iterator[DayBar]:
    """The progress bar of `retrain`, on stderr; without a terminal a line now and then.

    Args:
        usual: seconds per coin of each phase, before anything was measured.
        shown_on: the console; None: on what stderr is.
        line_every_seconds: between two lines, at least.
    """
    time_left = TimeLeft(usual)
    with nullcontext(shown_on) if shown_on else _terminal() as console:
        is_wide = console.width >= _WIDE
        columns = (
            SpinnerColumn(),
            TextColumn("{task.description}"),
            _ShareColumn(time_left, 20 if is_wide else 10),
            _LeftColumn(time_left),
            TimeElapsedColumn(),
        )
        # What is printed meanwhile goes its own way, in a run to Dagster's compute log.
        with Bars(*columns, console=console, transient=True, redirect_stdout=False, redirect_stderr=False) as bars:
            task, lines = bars.add_task("starting", total=1.0, detail=""), _Lines(console, line_every_seconds)
            yield DayBar(bars, task, time_left, lines, is_wide)


class _CountColumn(ProgressColumn):
    """How much is done, and how long the rest takes at the rate until now."""

    def render(self, task: Task) -> Text:
        """Such as `1,200 of 5,000  about 12 s left`."""
        if task.total is None:
            return Text(f"{task.completed:,.0f}" if task.completed else "")
        count = f"{task.completed:,.0f} of {task.total:,.0f}"
        since, before = task.fields["since"]
        if task.elapsed is None or not before < task.completed < task.total:
            return Text(count)  # what there is to do need not be of one kind, as the checks of `doctor` are not
        seconds_each = (task.elapsed - since) / (task.completed - before)
        return Text(f"{count}  {describe_seconds(seconds_each * (task.total - task.completed))}")


@dataclass(frozen=True, slots=True)
class CountingBar:
    """What is being done, and how much of how much is; 0 of 0: it is not known."""

    bars: Bars
    task: TaskID
    lines: _Lines

    def __call__(self, text: str, done: int, total: int) -> None:
        """Says it; the rate, and with it the time left, is of what bears this text."""
        task = next(each for each in self.bars.tasks if each.id == self.task)
        since = task.fields["since"] if task.description == text else (task.elapsed or 0.0, done)
        self.bars.update(self.task, description=text, completed=done, total=total or None, since=since)
        self.lines(text, f"{done:,} of {total:,}" if total else "")

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Removes the bar while something is printed."""
        self.bars.stop()
        yield
        self.bars.start()


@contextmanager
def counting_bar(
    shown_on: Console | None = None, line_every_seconds: float = _LINE_EVERY_SECONDS
) -> Iterator[CountingBar]:
    """A bar on stderr for what has no phases: see `CountingBar`; without a terminal a line now and then."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=28),
        _CountColumn(),
        TimeElapsedColumn(),
    )
    with (
        nullcontext(shown_on) if shown_on else _terminal() as console,
        Bars(*columns, console=console, transient=True, disable=not console.is_interactive) as bars,
    ):
        yield CountingBar(
            bars, bars.add_task("starting", total=None, since=(0.0, 0)), _Lines(console, line_every_seconds)
        )


@contextmanager
def waiting(text: str) -> Iterator[None]:
    """A line on stderr that says what a command of a few seconds does, and since when."""
    with counting_bar() as advance:
        advance(text, 0, 0)
        yield


@contextmanager
def _terminal() -> Iterator[Console]:
    """A console on what stderr is now: during a run Dagster turns its descriptor to a file, and the bar would stand still."""
    try:
        descriptor = os.dup(sys.stderr.fileno())
    except (io.UnsupportedOperation, OSError):  # of a test, or closed
        yield err
        return
    with open(descriptor, "w", encoding=sys.stderr.encoding, errors="replace") as file:  # noqa: PTH123 -- a descriptor
        yield Console(file=file, highlight=False, emoji=False)

"""The consoles and the progress bar: results go to stdout, everything else to stderr."""

import io
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars

from coin_models.settings.root import Settings
from coin_models.training.results import Progress

out = Console(highlight=False, emoji=False)  # of ":ok:" in a path, rich would make a picture
err = Console(stderr=True, highlight=False, emoji=False)


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
class DayBar:
    """A bar per run of days; the fit's progress moves it."""

    bars: Bars
    task: TaskID
    text: str = ""

    def say(self, text: str) -> None:
        """Names what is going on."""
        self.text = text
        self.bars.update(self.task, description=text, total=None, detail="")

    def note(self, text: str) -> None:
        """Leaves a line above the bar."""
        self.bars.console.print(text, style="dim", markup=False)

    def __call__(self, progress: Progress) -> None:
        """Shows where a fit is, and its day where that is a parent's."""
        day = str(progress.day)
        self.bars.update(
            self.task,
            description=self.text if day in self.text else f"first {day}",
            total=progress.steps,
            completed=progress.step,
            detail=f"{len(progress.coins)} coins  epoch {progress.epoch}/{progress.epochs}  "
            f"{progress.samples_per_second:,.0f} samples/s  {progress.eta_seconds:.0f} s left",
        )


@contextmanager
def day_bar() -> Iterator[DayBar]:
    """The progress bar of `retrain`, on stderr."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=28),
        TextColumn("{task.fields[detail]}"),
        TimeElapsedColumn(),
    )
    with (
        _terminal() as console,
        # What is printed meanwhile goes its own way, in a run to Dagster's compute log.
        Bars(*columns, console=console, transient=True, redirect_stdout=False, redirect_stderr=False) as bars,
    ):
        yield DayBar(bars, bars.add_task("starting", total=None, detail=""), "starting")


@contextmanager
def counting_bar() -> Iterator[Callable[[str, int, int], None]]:
    """A bar on stderr that is told what is being done, and how much of how much is; 0 of 0: it is not known."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=28),
        TextColumn("{task.completed:,.0f}"),
        TimeElapsedColumn(),
    )
    with _terminal() as console, Bars(*columns, console=console, transient=True) as bars:
        task = bars.add_task("starting", total=None)
        yield lambda text, done, total: bars.update(task, description=text, completed=done, total=total or None)


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

"""Progress as log lines that a person can read: one every few seconds, not one a batch.

Belongs here: turning progress into lines. Not here: progress bars (cli/).
"""

import time
from collections.abc import Callable
from datetime import date

from coin_models.daily.workshop import ProgressSink
from coin_models.training.tasks import Progress

_SECONDS_BETWEEN_LINES = 5.0


def log_lines(write: Callable[[str], object], day: date, also: ProgressSink) -> ProgressSink:
    """A sink that writes a line about the day every few seconds and passes everything on to `also`."""
    last = -_SECONDS_BETWEEN_LINES

    def sink(progress: Progress) -> None:
        nonlocal last
        also(progress)
        now = time.monotonic()
        if now - last >= _SECONDS_BETWEEN_LINES or progress.step >= progress.steps:
            last = now
            write(f"{day}: {progress_line(progress)}")

    return sink


def progress_line(progress: Progress) -> str:
    """Such as `8 coins, epoch 3/6, step 450/900 (50 %), 140,000 samples/s, 12 s left`."""
    share = progress.step / max(progress.steps, 1)
    return (
        f"{len(progress.coins)} coins, epoch {progress.epoch}/{progress.epochs}, step {progress.step}/{progress.steps} "
        f"({share:.0%}), {progress.samples_per_second:,.0f} samples/s, {progress.eta_seconds:.0f} s left"
    )

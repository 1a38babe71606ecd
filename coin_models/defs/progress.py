"""Logs progress every few seconds, not once per batch."""

import logging
import time
from collections.abc import Callable

from coin_models.pipeline.services import ProgressSink
from coin_models.training.results import Progress

logger = logging.getLogger(__name__)

_SECONDS_BETWEEN_LINES = 5.0


def log_lines(write: Callable[[str], object], also: ProgressSink) -> ProgressSink:
    """A sink that writes a line every few seconds and passes everything on to `also`.

    A line that cannot be written is no reason to fail the fit, whose coin would count as faulty.
    """
    last = -_SECONDS_BETWEEN_LINES

    def sink(progress: Progress) -> None:
        nonlocal last
        also(progress)
        now = time.monotonic()
        if now - last >= _SECONDS_BETWEEN_LINES or progress.step >= progress.steps:
            last = now
            try:
                write(progress_line(progress))
            except Exception as error:  # noqa: BLE001 - a line for people, a row in a database that may be away
                logger.warning("a progress line was not logged: %s", error)

    return sink


def progress_line(progress: Progress) -> str:
    """Such as `2024-08-15: 8 coins, epoch 3/6, step 450/900 (50 %), 140,000 samples/s, 12 s left`."""
    share = progress.step / max(progress.steps, 1)
    return (
        f"{progress.day}: {len(progress.coins)} coins, epoch {progress.epoch}/{progress.epochs}, "
        f"step {progress.step}/{progress.steps} ({share:.0%}), {progress.samples_per_second:,.0f} samples/s, "
        f"{progress.eta_seconds:.0f} s left"
    )

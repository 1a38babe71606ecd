"""Logs progress on the run's page every few seconds, not once per batch or coin."""

import logging
import time
from collections.abc import Callable

from coin_models.pipeline.phases import Phase, PhaseProgress, PhaseSink
from coin_models.pipeline.services import ProgressSink
from coin_models.pipeline.time_left import describe_seconds
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
            _write(write, progress_line(progress))

    return sink


def log_phases(write: Callable[[str], object], also: PhaseSink, now: Callable[[], float] = time.monotonic) -> PhaseSink:
    """A sink that writes a line at a phase's start, and every few seconds while it lasts; passes everything on to `also`."""
    began = last = 0.0

    def sink(progress: PhaseProgress) -> None:
        nonlocal began, last
        also(progress)
        if progress.done == 0:
            began = last = now()
            _write(write, f"{progress.day}: {progress}")
        elif progress.phase is not Phase.MODELS and now() - last >= _SECONDS_BETWEEN_LINES:
            last = now()
            left = (last - began) * (progress.total - progress.done) / progress.done
            _write(write, f"{progress.day}: {progress}" + (f", {describe_seconds(left)}" if left else ""))

    return sink


def _write(write: Callable[[str], object], line: str) -> None:
    try:
        write(line)
    except Exception as error:  # noqa: BLE001 - a line for people, a row in a database that may be away
        logger.warning("a progress line was not logged: %s", error)


def progress_line(progress: Progress) -> str:
    """Such as `2024-08-15: 8 coins, epoch 3/6, step 450/900 (50%), 140,000 samples/s, 12 s left of their fit`."""
    share = progress.step / max(progress.steps, 1)
    left = f", {progress.eta_seconds:.0f} s left of their fit" if progress.step < progress.steps else ""
    return (
        f"{progress.day}: {len(progress.coins)} coins, epoch {progress.epoch}/{progress.epochs}, "
        f"step {progress.step}/{progress.steps} ({share:.0%}), {progress.samples_per_second:,.0f} samples/s{left}"
    )

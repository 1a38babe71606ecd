"""Handles SIGTERM and SIGINT on the command line: the process ends like after an error, with the right exit code.

During a fit, training/interruption/preemption.py handles them and saves a checkpoint first.
"""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from coin_models.errors import Interrupted
from coin_models.operations.signals import SignalRecorder

_AGAIN = "finished work is kept; the same command continues from here"


@contextmanager
def interruptible() -> Iterator[SignalRecorder]:
    """Turns SIGTERM into an exception, and its effects into Interrupted (143) or KeyboardInterrupt (130).

    Dagster answers a signal with a failed run, not with an exception, when it comes between two steps; so the signals is
    asked at the end too.
    """

    def leave(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    previous = signal.signal(signal.SIGTERM, leave)
    try:
        with SignalRecorder() as signals:
            try:
                yield signals
            except (KeyboardInterrupt, Interrupted) as error:
                raise_for(signals.first(), error)
                raise
            except Exception as error:
                # Raised within a compiled module, or one that another is importing, the exception of a signal comes out
                # as whatever that makes of it: ImportError, SystemError, RuntimeError.
                raise_for(signals.first(), error)
                raise
            raise_for(signals.first(), None)
    finally:
        signal.signal(signal.SIGTERM, previous)


def raise_for(received: signal.Signals | None, cause: BaseException | None) -> None:
    """Raises what the command line ends with after that signal; nothing if none was heard."""
    detail = str(cause) if isinstance(cause, Interrupted) else f"{received.name if received else ''}: {_AGAIN}"
    if received is signal.SIGINT:
        raise KeyboardInterrupt(detail) from cause
    if received is not None:
        raise Interrupted(detail) from cause

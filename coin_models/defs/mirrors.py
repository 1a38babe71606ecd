"""Keeps Ctrl-C from the processes by which Dagster mirrors a run's output to the terminal.

Dagster starts two per stream, a `tail` and a watcher in Python, in the terminal's process group: Ctrl-C reaches them
too, and the watcher answers with a traceback on the screen (`watch_orphans` of 1.13). A signal mask is inherited, so
they are started while SIGINT is blocked. They need no signal: both end with the run, or with this process.
"""

import signal
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

from dagster import DagsterInstance


def shield_mirrors(instance: DagsterInstance) -> None:
    """Makes the instance start its mirrors with SIGINT blocked. Called in the main thread, which hears Ctrl-C as before."""
    manager = instance.compute_log_manager
    capture = manager.capture_logs

    @contextmanager
    def capture_logs(log_key: Sequence[str]) -> Iterator[Any]:
        with ExitStack() as stack:
            with _sigint_blocked():
                context = stack.enter_context(capture(log_key))
            yield context

    setattr(manager, "capture_logs", capture_logs)  # noqa: B010 -- mypy allows no other way to replace a method


@contextmanager
def _sigint_blocked() -> Iterator[None]:
    """Processes that are started in the block have SIGINT blocked. Another thread of this process may still take it."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)

"""Records SIGTERM and SIGINT, whichever handler is installed.

Within one run the handlers change often: Dagster maps SIGTERM to the handler of SIGINT and swaps it around every event,
Lightning adds its own, the preemption monitor takes both over during a fit. No handler can say at the end whether a
signal came. The interpreter's wake-up descriptor can: each signal with a Python handler writes its number there.
"""

import signal
import socket
import threading
from types import TracebackType
from typing import Self

_HEARD = (signal.SIGTERM, signal.SIGINT)


class SignalRecorder:
    """`with SignalRecorder() as signals:` in the main thread; elsewhere it hears nothing."""

    def __init__(self) -> None:
        self._first: signal.Signals | None = None
        self._ends: tuple[socket.socket, socket.socket] | None = None
        self._previous = -1

    def first(self) -> signal.Signals | None:
        """The first SIGTERM or SIGINT since the signals was opened; None if none came."""
        if self._first is None and self._ends is not None:
            try:
                numbers = self._ends[0].recv(4096)
            except BlockingIOError:
                return None
            self._first = next((received for received in _HEARD if received in numbers), None)
        return self._first

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            self._ends = socket.socketpair()
            for end in self._ends:
                end.setblocking(False)
            self._previous = signal.set_wakeup_fd(self._ends[1].fileno(), warn_on_full_buffer=False)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._ends is not None:
            self.first()
            signal.set_wakeup_fd(self._previous)
            for end in self._ends:
                end.close()
            self._ends = None

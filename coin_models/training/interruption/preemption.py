"""The preemption monitor: one place for signals, metadata services and files that announce the end of this machine.

It handles signals while it is open and restores the earlier handlers after. Dagster's run worker turns SIGTERM into
SIGINT and that into an exception at any instruction; Lightning chains a handler of its own in front of ours when a fit
starts and raises `SIGTERMException`, a SystemExit with code 0, at the end of the next step. Neither may decide: see ADR
0023.
"""

import logging
import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import FrameType, TracebackType
from typing import Protocol, Self

from coin_models.clock import Clock, SystemClock
from coin_models.settings.operations import InterruptionSettings

_logger = logging.getLogger(__name__)

_SIGNALS = (signal.SIGTERM, signal.SIGINT)


@dataclass(frozen=True, slots=True, kw_only=True)
class PreemptionNotice:
    """The machine goes away: who says so, when it was heard, and how long is left from then."""

    source: str
    at: datetime
    grace_seconds: float

    def __post_init__(self) -> None:
        if self.at.tzinfo is None:
            raise ValueError(f"notice at {self.at!r} has no time zone")

    def remaining_seconds(self, now: datetime) -> float:
        """Grace that is left; 0 when it is over."""
        return max(0.0, (self.at + timedelta(seconds=self.grace_seconds) - now).total_seconds())


class NoticeSource(Protocol):
    """Something that can be asked, now and then, whether the machine goes away."""

    @property
    def name(self) -> str:
        """Its name, for messages."""
        ...

    def look(self) -> PreemptionNotice | None:
        """The notice, if there is one. An OSError means that it could not be asked."""
        ...


class PreemptionMonitor:
    """Where notice is posted and read; `with board:` listens to signals and polls the sources."""

    def __init__(
        self, settings: InterruptionSettings, sources: Sequence[NoticeSource] = (), clock: Clock | None = None
    ) -> None:
        self._settings, self._sources = settings, tuple(sources)
        self._clock = clock or SystemClock()
        self._notice: PreemptionNotice | None = None
        self._lock = threading.Lock()
        self._open = ExitStack()

    def __enter__(self) -> Self:
        self._open.enter_context(self.listening())
        if self._sources:
            stop = threading.Event()
            self._open.callback(stop.set)
            threading.Thread(target=self._poll, args=(stop,), name="notice-poller", daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._open.close()

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Takes SIGTERM and SIGINT over and restores the earlier handlers; only the main thread can, others do nothing.

        A fit does this for itself, since Dagster reinstalls its handlers whenever an op yields.
        """
        before = {number: signal.getsignal(number) for number in _SIGNALS}
        self.claim_signals()
        try:
            yield
        finally:
            if threading.current_thread() is threading.main_thread():
                for number, handler in before.items():
                    signal.signal(number, signal.SIG_DFL if handler is None else handler)

    def received(self) -> PreemptionNotice | None:
        """The first notice that came; None as long as there is none. Cheap: asked at every step."""
        return self._notice

    def remaining_seconds(self) -> float:
        """Grace left of the notice received; the settings' grace when there is none."""
        notice = self._notice
        return self._settings.grace_seconds if notice is None else notice.remaining_seconds(self._clock.now())

    def post(self, source: str, grace_seconds: float | None = None) -> None:
        """Posts notice. The first one counts: a second signal neither shortens nor prolongs what was promised."""
        grace = self._settings.grace_seconds if grace_seconds is None else grace_seconds
        self._accept(PreemptionNotice(source=source, at=self._clock.now(), grace_seconds=grace))

    def claim_signals(self) -> None:
        """Takes the signals over again if another handler was installed meanwhile."""
        if threading.current_thread() is threading.main_thread():
            for number in _SIGNALS:
                signal.signal(number, self._on_signal)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        # Nothing here may take a lock or log: the interpreter may be inside either when the signal comes.
        if self._notice is None:
            self._notice = PreemptionNotice(
                source=signal.Signals(number).name, at=self._clock.now(), grace_seconds=self._settings.grace_seconds
            )

    def _accept(self, notice: PreemptionNotice) -> None:
        with self._lock:
            if self._notice is None:
                self._notice = notice
                _logger.warning("%s: this machine stops in %.0f s", notice.source, notice.grace_seconds)

    def _poll(self, stop: threading.Event) -> None:
        failing: set[str] = set()
        while self._notice is None and not stop.is_set():
            for source in self._sources:
                try:
                    notice = source.look()
                    failing.discard(source.name)
                except OSError as error:
                    if source.name not in failing:
                        _logger.warning("%s cannot be polled for a preemption notice: %s", source.name, error)
                    failing.add(source.name)
                    continue
                if notice is not None:
                    self._accept(notice)
            stop.wait(self._settings.poll_seconds)

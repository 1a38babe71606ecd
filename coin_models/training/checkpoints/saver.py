"""Decides when to save, and writes checkpoints in a thread while training continues."""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from math import sqrt

from coin_models.errors import StoreError
from coin_models.settings.operations import InterruptionSettings
from coin_models.training.checkpoints.chain import CheckpointChain
from coin_models.training.checkpoints.encoding import snapshot
from coin_models.training.fit.state import FitState

_logger = logging.getLogger(__name__)

_MAX_OVERHEAD = 0.01  # share of the fit that saving may cost


def interval_seconds(cost_seconds: float, settings: InterruptionSettings) -> float:
    """Seconds between two checkpoints that lose the least work (Young 1974, Daly 2006), within the settings' bounds.

    sqrt(2 x cost x mean time between interruptions), and not so often that saving costs more than 1 % of the fit.
    """
    between = settings.mean_hours_between_interruptions * 3600.0
    best = max(sqrt(2.0 * cost_seconds * between), cost_seconds / _MAX_OVERHEAD)
    return min(max(best, settings.checkpoint_min_seconds), settings.checkpoint_max_seconds)


class CheckpointSaver:
    """Saves states in a thread of its own; the newest waiting state replaces an older one that is still waiting."""

    def __init__(
        self,
        chain: CheckpointChain,
        fingerprints: Mapping[str, str],
        arithmetic: tuple[str, ...] = (),
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._chain, self._fingerprints, self._arithmetic = chain, fingerprints, arithmetic
        self._settings, self._now = chain.settings, now
        self._waiting: FitState | None = None
        self._spare: FitState | None = None  # memory of a snapshot that is written; fresh memory costs page faults
        self._saved_step = self._uploaded_step = -1
        self._busy = False
        self._closed = False
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._last_began = now()
        self._last_blocked = 0.0
        self._cost = 0.0  # seconds of training that a checkpoint costs, smoothed
        self.blocked_seconds = 0.0  # training stood still for so long

    def is_due(self) -> bool:
        """Whether the interval is over and the writer is free."""
        since = self._now() - self._last_began
        if since < self._settings.checkpoint_min_seconds or self._waiting is not None:
            return False
        return since >= interval_seconds(self._cost, self._settings)

    def save_behind(self, state: FitState) -> None:
        """Takes a copy of the state, which is all that training waits for, and writes it in the background."""
        began = self._now()
        with self._changed:
            spare, self._spare = self._spare, None
        copied = snapshot(state, spare)
        with self._changed:
            self._waiting = copied
            self._start_thread()
            self._changed.notify_all()
        self._last_began = began
        blocked = self._now() - began
        self.blocked_seconds += blocked
        self._last_blocked = blocked

    def save_now(self, state: FitState, within_seconds: float) -> tuple[bool, bool]:
        """Saves before it returns, if it can within that many seconds.

        Returns:
            Whether the state is durable on this machine, and whether it is in the object store too.
        """
        self.save_behind(state)
        deadline = self._now() + within_seconds
        with self._changed:
            self._changed.wait_for(self._is_idle, max(0.0, deadline - self._now()))
            return self._saved_step >= state.step, self._uploaded_step >= state.step

    def close(self, within_seconds: float | None) -> None:
        """Drops what is waiting and waits, so long at most (None: as long as it takes), for what is being written."""
        with self._changed:
            self._waiting = None
            self._closed = True
            self._changed.notify_all()
            self._changed.wait_for(self._is_idle, within_seconds)

    def _is_idle(self) -> bool:
        return self._waiting is None and not self._busy

    def _start_thread(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="checkpoint-writer", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting is not None or self._closed)
                state, self._waiting = self._waiting, None
                if state is None:
                    return
                self._busy = True
            try:
                self._write(state)
            finally:
                with self._changed:
                    self._busy = False
                    self._spare = state
                    self._changed.notify_all()

    def _write(self, state: FitState) -> None:
        began = time.thread_time()
        try:
            checkpoint = self._chain.packed(state, self._fingerprints, self._arithmetic)
            self._chain.save_locally(checkpoint)
        except StoreError as error:
            _logger.warning("checkpoint of step %d was not saved; training continues: %s", state.step, error)
            return
        cost = self._last_blocked + time.thread_time() - began
        self._cost = cost if self._cost == 0.0 else (self._cost + cost) / 2
        with self._changed:
            self._saved_step = state.step
        try:
            self._chain.upload(checkpoint)
        except StoreError as error:
            _logger.warning(
                "checkpoint of step %d is on this machine only; it could not be uploaded: %s", state.step, error
            )
            return
        self._uploaded_step = state.step

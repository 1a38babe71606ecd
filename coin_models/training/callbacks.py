"""The Lightning callback between two steps: preemption notice, lease, checkpoint, progress.

A step that ends an epoch is followed by validation; a state between the two is never saved, so that every saved state
is "after step n, and if n ends an epoch, validated". Resuming then needs nothing but n.
"""

import time
from collections.abc import Callable
from typing import Any

from pytorch_lightning import Callback, LightningModule, Trainer

from coin_models.errors import Interrupted, LeaseLost
from coin_models.training.checkpoints.high_water_mark import HighWaterMark
from coin_models.training.checkpoints.saver import CheckpointSaver
from coin_models.training.fit.forecaster import CohortForecaster
from coin_models.training.interruption.preemption import PreemptionMonitor, PreemptionNotice
from coin_models.training.results import Progress

_PROGRESS_SECONDS = 0.25
_LEASE_SECONDS = 1.0
_GRACE_KEPT_SECONDS = 0.2  # of the grace, for ending session and process


class BetweenSteps(Callback):
    """Looks at notice board, lease and clock after every step."""

    def __init__(
        self,
        forecaster: CohortForecaster,
        saver: CheckpointSaver,
        notice: PreemptionMonitor,
        high_water_mark: HighWaterMark,
        progress: Callable[[Progress], None],
        lease_alive: Callable[[], bool],
    ) -> None:
        self._forecaster, self._saver, self._notice, self._high_water_mark = forecaster, saver, notice, high_water_mark
        self._progress, self._lease_alive = progress, lease_alive
        self._first_step = forecaster.state.step
        self._began = time.monotonic()
        self._last_progress = self._last_lease = float("-inf")  # the first step is reported at once

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Takes the signals back, which Lightning took when the fit began."""
        self._notice.claim_signals()
        self._began = time.monotonic()

    def on_train_batch_end(
        self,
        trainer: Trainer,
        pl_module: LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
    ) -> None:
        """After a step that validation does not follow."""
        step = self._forecaster.state.step
        self._high_water_mark.record(step)
        if step % self._forecaster.task.steps_per_epoch != 0:
            self._between("train")

    def on_validation_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Says that validation begins."""
        self._report("validate", time.monotonic())

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """After a step that ended an epoch, and its validation."""
        self._between("validated")

    def _between(self, phase: str) -> None:
        now = time.monotonic()
        notice = self._notice.received()
        if notice is not None:
            self._leave(notice)
        if now - self._last_lease >= _LEASE_SECONDS:
            self._last_lease = now
            if not self._lease_alive():
                raise LeaseLost(
                    "the leases of these coins were lost while they were trained: another session took them over, or "
                    "closed this one as dead"
                )
        if self._saver.is_due():
            self._saver.save_behind(self._forecaster.state)
            phase = "save"
        if now - self._last_progress >= _PROGRESS_SECONDS or phase != "train":
            self._last_progress = now
            self._report(phase, now)

    def _report(self, phase: str, now: float) -> None:
        task, step = self._forecaster.task, self._forecaster.state.step
        steps_per_second = (step - self._first_step) / max(now - self._began, 1e-9)
        self._progress(
            Progress(
                day=task.day,
                coins=tuple(coin.coin for coin in task.coins),
                epoch=min((step - 1) // task.steps_per_epoch + 1, task.num_epochs),
                epochs=task.num_epochs,
                step=step,
                steps=task.num_steps,
                samples_per_second=steps_per_second * task.batch_size * len(task.coins),
                eta_seconds=(task.num_steps - step) / max(steps_per_second, 1e-9),
                phase=phase,
            )
        )

    def _leave(self, notice: PreemptionNotice) -> None:
        """Saves what fits into the grace that is left, then raises."""
        began = time.monotonic()
        state = self._forecaster.state
        budget = max(0.0, self._notice.remaining_seconds() - _GRACE_KEPT_SECONDS)
        here, in_store = self._saver.save_now(state, budget)
        seconds = time.monotonic() - began
        where = "here and in the store" if in_store else "on this machine, not uploaded"
        what = f"saved step {state.step} {where}" if here else f"step {state.step} not saved: too little time"
        raise Interrupted(f"{notice.source}: {what}, in {seconds:.1f} of {notice.grace_seconds:.1f} s")

"""Fits a cohort: from the newest checkpoint, or from the start, to each coin's best weights.

A resumed fit is a new Trainer with fewer epochs, the first of them shorter. Lightning's own mid-epoch restart is not
used: what it restores depends on which hook saved, and it holds neither data order nor random state (ADR 0022).
"""

import math
import time
from collections.abc import Callable
from contextlib import closing

import torch

from coin_models.errors import FitDiverged, Interrupted
from coin_models.models.horizons import named_tensors
from coin_models.training.arithmetic import arithmetic_of, extended
from coin_models.training.callbacks import BetweenSteps
from coin_models.training.checkpoints.chain import CheckpointChain
from coin_models.training.checkpoints.encoding import moved_to, snapshot
from coin_models.training.checkpoints.saver import CheckpointSaver
from coin_models.training.fit.data import CohortData
from coin_models.training.fit.forecaster import CohortForecaster
from coin_models.training.fit.init_weights import fresh_state
from coin_models.training.fit.loaders import EpochLoaders
from coin_models.training.fit.members import fit_members
from coin_models.training.fit.tasks import CohortTask
from coin_models.training.hardware import choose_device, choose_num_shards, choose_num_threads, prepare
from coin_models.training.horizons import fit_horizons
from coin_models.training.interruption.preemption import PreemptionMonitor
from coin_models.training.memory import gives_back_memory
from coin_models.training.metrics import validation_metrics
from coin_models.training.results import CohortResult, FitCounters, FittedCoin, Progress
from coin_models.training.shard_pool import ShardPool
from coin_models.training.trainer import new_trainer, quiet_lightning


@gives_back_memory
def fit_cohort(
    task: CohortTask,
    *,
    checkpoints: CheckpointChain,
    notice: PreemptionMonitor,
    progress: Callable[[Progress], None],
    lease_alive: Callable[[], bool],
) -> CohortResult:
    """Fits every coin of the cohort; continues from the newest checkpoint where there is one.

    Args:
        task: the coins, homogeneous.
        checkpoints: the cohort's chain; left as it is, for the caller to `discard()` once the coins are published.
        notice: an open board; looked at after every step.
        progress: told about four times a second, from this thread.
        lease_alive: asked about once a second.

    Returns:
        The coins that were fitted, and those whose loss did not stay finite.

    Raises:
        Interrupted: notice came; its text says what was saved.
        LeaseLost: `lease_alive` said no.
        StoreUnavailable: the store could not list checkpoints.
    """
    began = time.monotonic()
    device = choose_device(task.training)
    prepare(task.training, device)
    data = CohortData(task, device)
    restored = checkpoints.newest_restorable()
    arithmetic = extended(() if restored is None else restored.arithmetic, arithmetic_of(task.training, device))
    state = fresh_state(task, device) if restored is None else moved_to(restored.state, device)
    first_step = state.step
    pool = ShardPool(choose_num_shards(task.training, device, len(task.coins)))
    forecaster = CohortForecaster(task, data, state, pool)
    saver = CheckpointSaver(checkpoints, {coin.coin: coin.fingerprint for coin in task.coins}, arithmetic)
    with notice.listening(), checkpoints.high_water_mark as high_water_mark, closing(pool):
        reached_before = high_water_mark.read()
        between = BetweenSteps(forecaster, saver, notice, high_water_mark, progress, lease_alive)
        stepping = time.monotonic()
        _run(forecaster, EpochLoaders(task, data, state), between, saver, device)
        step_seconds = time.monotonic() - stepping
        coins, failures = _fitted(task, data, forecaster)
    done_here = task.num_steps - first_step
    return CohortResult(
        coins=coins,
        failures=failures,
        arithmetic=arithmetic,
        counters=FitCounters(
            steps_total=task.num_steps,
            steps_done_here=done_here,
            steps_redone=max(0, min(reached_before, task.num_steps) - first_step),
            resumed_from_step=None if restored is None else first_step,
            fit_seconds=time.monotonic() - began,
            checkpoint_seconds=saver.blocked_seconds,
            samples_per_second=done_here * task.batch_size * len(task.coins) / max(step_seconds, 1e-9),
            num_threads=choose_num_threads(task.training),
        ),
    )


def _run(
    forecaster: CohortForecaster,
    loaders: EpochLoaders,
    between: BetweenSteps,
    saver: CheckpointSaver,
    device: torch.device,
) -> None:
    """The steps that are left, through Lightning."""
    epochs_left = forecaster.begin()
    if epochs_left == 0:
        return
    try:
        with quiet_lightning():
            new_trainer(epochs_left, between, device).fit(forecaster, datamodule=loaders)
    except Interrupted:
        saver.close(within_seconds=0.0)  # the grace is over; what is still being written is whole or absent
        raise
    except BaseException:
        saver.close(within_seconds=None)
        raise
    saver.close(within_seconds=None)


def _fitted(
    task: CohortTask, data: CohortData, forecaster: CohortForecaster
) -> tuple[dict[str, FittedCoin], dict[str, FitDiverged]]:
    state = snapshot(forecaster.state)
    coins: dict[str, FittedCoin] = {}
    failures: dict[str, FitDiverged] = {}
    for c, coin in enumerate(task.coins):
        train, validation = state.train_curve[:, c].tolist(), state.validation_curve[:, c].tolist()
        if not all(map(math.isfinite, (*train, *validation))):
            failures[coin.coin] = FitDiverged(
                f"{coin.coin} {task.day}: the loss is no longer finite (train {train}, validation {validation}); "
                "look at its candles, or lower training.learning_rate"
            )
            continue
        best_epoch, network = int(state.best_epoch[c]), forecaster.best_weights(c)
        members = fit_members(coin, task.architecture, network, data.scalings[c], task.training.seed)
        metrics = validation_metrics(coin, task.architecture, members.validation_quantiles)
        more = list(fit_horizons(coin, task.training, task.architecture, network, data.scalings[c]))
        tensors = {**network, **members.tensors}
        for each in more:
            tensors |= named_tensors(each.minutes, each.members.tensors)
        coins[coin.coin] = FittedCoin(
            weights=tensors,
            scaling=data.scalings[c],
            best_epoch=best_epoch,
            metrics={"train": {"pinball": train[max(best_epoch, 1) - 1]}, "validation": metrics},
            loss_curve={"train": tuple(train), "validation": tuple(validation)},
            horizons={
                each.minutes: validation_metrics(each.task, each.architecture, each.members.validation_quantiles)
                for each in more
            },
        )
    return coins, failures

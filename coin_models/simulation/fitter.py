"""The fit of a night: weights that are a digest of everything a real fit's weights follow from, step by step.

It uses the real chain of checkpoints, progress, notice and leases as `training/run_fit.py` does, without torch's
arithmetic: a fit that is resumed from a checkpoint gives the same weights as an uninterrupted one only if the
checkpoint was the right one.
"""

import hashlib
from collections.abc import Callable, Mapping

import numpy as np
import torch

from coin_models.errors import CheckpointDamaged, Interrupted, LeaseLost, StoreError
from coin_models.features.scaling import FeatureScaling
from coin_models.models.architecture import NETWORK_SHARE, Architecture, Weights
from coin_models.simulation.operations import Operations
from coin_models.training.checkpoints.chain import CheckpointChain
from coin_models.training.fit.state import FitState
from coin_models.training.fit.tasks import CohortTask
from coin_models.training.interruption.preemption import PreemptionMonitor
from coin_models.training.results import CohortResult, FitCounters, FittedCoin, Progress

NUM_STEPS = 6
SAVE_EVERY = 2
_DIGEST_BYTES = 32


class SimulatedFit:
    """Stands in for `fit_cohort`."""

    def __init__(self, operations: Operations) -> None:
        self._operations = operations

    def __call__(
        self,
        task: CohortTask,
        *,
        checkpoints: CheckpointChain,
        notice: PreemptionMonitor,
        progress: Callable[[Progress], None],
        lease_alive: Callable[[], bool],
    ) -> CohortResult:
        """See `fit_cohort`."""
        scheduler = self._operations.scheduler
        began = scheduler.now
        restored = checkpoints.newest_restorable()
        digests = _start(task) if restored is None else _digests_of(restored.state, task)
        first_step = 0 if restored is None else restored.state.step
        with checkpoints.high_water_mark as mark:
            reached_before = mark.read()
            for step in range(first_step + 1, NUM_STEPS + 1):
                self._operations.run("fit", f"step {step}", lambda: None, RuntimeError)
                digests = [_stepped(digest, step) for digest in digests]
                mark.record(step)
                if notice.received() is not None:
                    _save(checkpoints, task, digests, step)
                    raise Interrupted("the simulated machine goes away")
                if not lease_alive():
                    raise LeaseLost("the leases of these coins were lost while they were trained")
                progress(_progress(task, step))
                if step % SAVE_EVERY == 0:
                    _save(checkpoints, task, digests, step)
        return CohortResult(
            coins={coin.coin: _fitted(task.architecture, d) for coin, d in zip(task.coins, digests, strict=True)},
            failures={},
            arithmetic=("simulated",),
            counters=FitCounters(
                steps_total=NUM_STEPS,
                steps_done_here=NUM_STEPS - first_step,
                steps_redone=max(0, min(reached_before, NUM_STEPS) - first_step),
                resumed_from_step=None if restored is None else first_step,
                fit_seconds=scheduler.now - began,
                checkpoint_seconds=0.0,
                samples_per_second=1.0,
                num_threads=1,
            ),
        )


def expected_weights(architecture: Architecture, fingerprint: str, parent: Weights | None) -> Weights:
    """The weights of an uninterrupted fit."""
    digest = _beginning(fingerprint, parent)
    for step in range(1, NUM_STEPS + 1):
        digest = _stepped(digest, step)
    return _weights(architecture, digest)


def _start(task: CohortTask) -> list[bytes]:
    return [_beginning(coin.fingerprint, coin.parent) for coin in task.coins]


def _beginning(fingerprint: str, parent: Weights | None) -> bytes:
    digest = hashlib.sha256(fingerprint.encode())
    for name in sorted(parent or {}):
        digest.update((parent or {})[name].tobytes())
    return digest.digest()


def _stepped(digest: bytes, step: int) -> bytes:
    return hashlib.sha256(digest + step.to_bytes(4, "little")).digest()


def _save(checkpoints: CheckpointChain, task: CohortTask, digests: list[bytes], step: int) -> None:
    """As the saver does it: a store that refuses costs a checkpoint, not the fit."""
    state = FitState.fresh(
        torch.frombuffer(bytearray(b"".join(digests)), dtype=torch.uint8).reshape(len(digests), _DIGEST_BYTES),
        torch.zeros(len(digests), 1),
        1,
    )
    state.step = step
    checkpoint = checkpoints.packed(state, {coin.coin: coin.fingerprint for coin in task.coins}, ("simulated",))
    try:
        checkpoints.save_locally(checkpoint)
        checkpoints.upload(checkpoint)
    except StoreError:
        return


def _digests_of(state: FitState, task: CohortTask) -> list[bytes]:
    if len(state.decayed) != len(task.coins):
        raise CheckpointDamaged(f"a checkpoint of {len(state.decayed)} coins for a cohort of {len(task.coins)}")
    return [row.numpy().tobytes() for row in state.decayed]


def _progress(task: CohortTask, step: int) -> Progress:
    return Progress(
        day=task.day,
        coins=tuple(coin.coin for coin in task.coins),
        epoch=1,
        epochs=1,
        step=step,
        steps=NUM_STEPS,
        samples_per_second=1.0,
        eta_seconds=0.0,
        phase="train",
    )


def _fitted(architecture: Architecture, digest: bytes) -> FittedCoin:
    skill = 0.01 + digest[0] / 25_600
    metrics: Mapping[str, Mapping[str, float]] = {
        "train": {"pinball": 0.3},
        "validation": {"pinball": 0.31, "skill": skill, "coverage": 0.8, "coverage_0.1": 0.1, "coverage_0.9": 0.9},
    }
    features = architecture.num_features
    return FittedCoin(
        weights=_weights(architecture, digest),
        scaling=FeatureScaling(center=np.zeros(features, np.float32), scale=np.ones(features, np.float32)),
        best_epoch=1,
        metrics=metrics,
        loss_curve={"train": (0.3,), "validation": (0.31,)},
    )


def _weights(architecture: Architecture, digest: bytes) -> Weights:
    dice = np.random.Generator(np.random.Philox(key=int.from_bytes(digest[:16], "little")))
    shapes = sorted(architecture.tensor_shapes().items())
    tensors = {name: dice.normal(0, 0.05, shape).astype(np.float32) for name, shape in shapes}
    if architecture.has_reference:  # quantiles that do not cross
        spread = np.linspace(-1.2, 1.2, len(architecture.quantiles), dtype=np.float32)
        tensors["reference.quantiles"] = np.sort(spread + tensors["reference.quantiles"])
        tensors["reference.scale"] = np.ones_like(tensors["reference.scale"])
        tensors[NETWORK_SHARE] = np.array([architecture.network_share], np.float32)
    return tensors

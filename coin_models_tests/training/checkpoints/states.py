"""States of a fit, the chain that keeps them, and what can be restored from it."""

from datetime import date
from pathlib import Path

import torch

from coin_models.clock import FixedClock
from coin_models.storage.memory import MemoryStore
from coin_models.training.checkpoints.chain import CheckpointChain, PackedCheckpoint
from coin_models.training.checkpoints.high_water_mark import HighWaterMark
from coin_models.training.fit.state import FitState
from coin_models_tests.training import builders

DAY = date(2024, 6, 1)
COHORT = "0123456789abcdef"
FINGERPRINTS = {"AAA": "a" * 64, "BBB": "b" * 64}


def state_after(step: int) -> FitState:
    """A small state whose every number says its step."""
    state = FitState.fresh(torch.full((2, 16), float(step)), torch.full((2, 16), float(step)), num_epochs=3)
    state.step = step
    return state


def chain(store: MemoryStore, local: MemoryStore, clock: FixedClock = builders.CLOCK) -> CheckpointChain:
    high_water_mark = HighWaterMark(Path("unused"))
    return CheckpointChain(
        store, local, high_water_mark, day=DAY, cohort_id=COHORT, settings=builders.SETTINGS, clock=clock
    )


def save_locally(chain: CheckpointChain, state: FitState) -> PackedCheckpoint:
    packed = chain.packed(state, FINGERPRINTS)
    chain.save_locally(packed)
    return packed


def is_whole(state: FitState) -> bool:
    return bool((state.decayed == state.step).all() and (state.best_plain == state.step).all())


def restored_step(chain: CheckpointChain) -> int | None:
    restored = chain.newest_restorable()
    state = None if restored is None else restored.state
    assert state is None or is_whole(state)
    return None if state is None else state.step

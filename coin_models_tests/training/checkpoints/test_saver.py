"""When a checkpoint is due; writing it neither stops training nor loses saved data."""

import logging
import threading

import pytest

from coin_models.errors import StoreUnavailable
from coin_models.settings.operations import InterruptionSettings
from coin_models.storage.memory import MemoryStore
from coin_models.training.checkpoints.saver import CheckpointSaver, interval_seconds
from coin_models_tests.training.checkpoints.states import FINGERPRINTS, chain, restored_step, state_after

WIDE = InterruptionSettings(
    checkpoint_min_seconds=0.001, checkpoint_max_seconds=1000.0, mean_hours_between_interruptions=1.0
)


def test_the_interval_is_the_one_of_young_and_daly() -> None:
    # sqrt(2 x 0.5 s x 3600 s) = 60 s, at which a cost of 0.5 s is 0.83 %.
    assert interval_seconds(0.5, WIDE) == pytest.approx(60.0)


def test_the_interval_grows_until_saving_costs_one_percent() -> None:
    # sqrt(2 x 2 x 3600) = 120 s would cost 1.7 %.
    assert interval_seconds(2.0, WIDE) == pytest.approx(200.0)


def test_the_interval_stays_within_the_settings() -> None:
    bounds = InterruptionSettings(checkpoint_min_seconds=2.0, checkpoint_max_seconds=10.0)

    assert interval_seconds(0.0, bounds) == 2.0
    assert interval_seconds(5.0, bounds) == 10.0


def test_saving_behind_returns_while_the_store_is_still_writing() -> None:
    may_write, store, local = threading.Event(), MemoryStore(), MemoryStore()
    local.fault = lambda moment, key: None if moment != "put" else may_write.wait(10) and None
    saver = CheckpointSaver(chain(store, local), FINGERPRINTS)

    saver.save_behind(state_after(10))
    before = restored_step(chain(store, local))
    may_write.set()
    saved = saver.save_now(state_after(11), within_seconds=10.0)

    assert before is None
    assert saved == (True, True)
    assert restored_step(chain(store, local)) == 11


def test_what_is_saved_is_the_state_at_the_call_not_what_training_made_of_it_since() -> None:
    may_write, written, store, local = threading.Event(), threading.Event(), MemoryStore(), MemoryStore()
    local.fault = lambda moment, key: None if moment != "put" else may_write.wait(10) and None
    store.fault = lambda moment, key: written.set()
    saver = CheckpointSaver(chain(store, local), FINGERPRINTS)
    state = state_after(10)

    saver.save_behind(state)
    state.decayed.fill_(-1.0)
    state.step = 11
    may_write.set()
    is_written = written.wait(10)

    assert is_written
    assert restored_step(chain(store, local)) == 10


def test_a_full_disk_does_not_stop_training_and_is_said(caplog: pytest.LogCaptureFixture) -> None:
    store, local = MemoryStore(), MemoryStore()
    saver = CheckpointSaver(chain(store, local), FINGERPRINTS)
    saver.save_now(state_after(10), within_seconds=10.0)
    local.fault = full_disk

    with caplog.at_level(logging.WARNING):
        saved = saver.save_now(state_after(20), within_seconds=10.0)
    local.fault = lambda moment, key: None

    assert saved == (False, False)
    assert "step 20 was not saved; training continues: the disk is full" in caplog.text
    assert restored_step(chain(store, local)) == 10


def full_disk(moment: str, key: str) -> None:
    if moment == "put":
        raise StoreUnavailable("the disk is full")


def test_when_the_store_is_away_the_checkpoint_is_kept_here(caplog: pytest.LogCaptureFixture) -> None:
    store, local = MemoryStore(fault=full_disk), MemoryStore()
    saver = CheckpointSaver(chain(store, local), FINGERPRINTS)

    with caplog.at_level(logging.WARNING):
        saved = saver.save_now(state_after(10), within_seconds=10.0)

    assert saved == (True, False)
    assert "on this machine only" in caplog.text


def test_too_little_grace_is_not_waited_beyond() -> None:
    may_write, local = threading.Event(), MemoryStore()
    local.fault = lambda moment, key: None if moment != "put" else may_write.wait(10) and None
    saver = CheckpointSaver(chain(MemoryStore(), local), FINGERPRINTS)

    saved = saver.save_now(state_after(10), within_seconds=0.05)
    may_write.set()
    saver.close(within_seconds=10.0)

    assert saved == (False, False)

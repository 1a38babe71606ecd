"""The chain: after any interrupted save, the newest restorable checkpoint is whole or absent."""

import logging
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coin_models.errors import StoreUnavailable
from coin_models.storage import keys
from coin_models.storage.memory import MemoryStore
from coin_models.storage.object_store import ObjectInfo
from coin_models.training.checkpoints.chain import live_checkpoints
from coin_models_tests.training import builders
from coin_models_tests.training.checkpoints.states import (
    COHORT,
    DAY,
    FINGERPRINTS,
    chain,
    restored_step,
    save_locally,
    state_after,
)


class CutOff(BaseException):
    """The machine is gone."""


class Fuse:
    """Lets that many store operations pass, then cuts off, before the operation or after it."""

    def __init__(self, length: int) -> None:
        self.left = length

    def __call__(self, moment: str, key: str) -> None:
        if moment.split()[0] not in ("put", "delete"):
            return
        if self.left == 0:
            raise CutOff
        self.left -= 1


@settings(max_examples=60, deadline=None)
@given(
    saves=st.lists(st.tuples(st.integers(1, 5), st.integers(0, 14), st.booleans()), min_size=1, max_size=6),
    lose_machine=st.booleans(),
)
def test_after_any_prefix_of_any_saves_the_newest_restorable_is_whole_and_as_new_as_was_promised(
    saves: list[tuple[int, int, bool]], lose_machine: bool
) -> None:
    store, local = MemoryStore(), MemoryStore()
    step, durable_here, durable_there = 0, None, None
    for advance, length, upload in saves:
        step += advance
        fuse = Fuse(length)
        store.fault = local.fault = fuse
        try:
            packed = save_locally(chain(store, local), state_after(step))
            durable_here = step
            if upload:
                chain(store, local).upload(packed)
                durable_there = step
        except CutOff:
            pass
        store.fault = local.fault = lambda moment, key: None

    step_restored = restored_step(chain(store, MemoryStore() if lose_machine else local))

    promised = durable_there if lose_machine else max(filter(None, (durable_here, durable_there)), default=None)
    assert promised is None or (step_restored is not None and step_restored >= promised)
    assert step_restored is None or step_restored <= step


@settings(max_examples=40, deadline=None)
@given(position=st.floats(0, 1), kind=st.sampled_from(["cut", "flip", "empty", "gone"]), part=st.sampled_from([0, 1]))
def test_a_damaged_checkpoint_is_set_aside_and_the_one_before_is_used(position: float, kind: str, part: int) -> None:
    store, local = MemoryStore(), MemoryStore()
    for step in (10, 20):
        save_locally(chain(store, local), state_after(step))
    key = (keys.checkpoint_state, keys.checkpoint_manifest)[part](DAY, COHORT, 20)
    damage(local, key, position, kind)

    step_restored = restored_step(chain(store, local))

    assert step_restored == (20 if kind == "flip" and part == 1 and still_says_the_same(local, key) else 10)
    assert restored_step(chain(store, local)) == step_restored  # and again, uninterrupted


def damage(store: MemoryStore, key: str, position: float, kind: str) -> None:
    data = bytearray(store.get(key))
    at = min(int(position * len(data)), len(data) - 1)
    if kind == "gone":
        store.delete(key)
        return
    if kind == "flip":
        data[at] ^= 0xFF  # in JSON never a valid character again
    store.delete(key)
    store.put(key, bytes(data[:at] if kind == "cut" else b"" if kind == "empty" else data))


def still_says_the_same(store: MemoryStore, key: str) -> bool:
    return any(info.key == key for info in store.list(key))


def test_setting_aside_says_which_and_why_and_keeps_the_bytes(caplog: pytest.LogCaptureFixture) -> None:
    store, local = MemoryStore(), MemoryStore()
    save_locally(chain(store, local), state_after(20))
    key = keys.checkpoint_state(DAY, COHORT, 20)
    damage(local, key, 0.5, "cut")

    with caplog.at_level(logging.WARNING):
        restored = chain(store, local).newest_restorable()

    assert restored is None
    assert "checkpoint of step 20 in memory: is set aside" in caplog.text
    assert local.get(f"{key}.damaged")


def test_two_checkpoints_are_kept_in_each_store() -> None:
    store, local = MemoryStore(), MemoryStore()
    for step in (10, 20, 30):
        saved = chain(store, local)
        saved.upload(save_locally(saved, state_after(step)))

    for each in (store, local):
        assert [info.key.split("/")[3] for info in each.list("checkpoints/")] == ["000000020"] * 2 + ["000000030"] * 2


def test_the_newer_of_folder_and_store_is_used() -> None:
    store, local = MemoryStore(), MemoryStore()
    old, new = chain(store, local), chain(store, MemoryStore())
    save_locally(old, state_after(10))
    new.upload(save_locally(new, state_after(20)))

    assert restored_step(chain(store, local)) == 20


def unreachable(moment: str, key: str) -> None:
    raise StoreUnavailable(f"could not {moment} {key}: time-out")


def test_with_the_store_away_the_folders_checkpoint_is_used() -> None:
    local = MemoryStore()
    save_locally(chain(MemoryStore(), local), state_after(10))

    assert restored_step(chain(MemoryStore(fault=unreachable), local)) == 10


def test_with_the_store_away_and_no_folder_nobody_starts_over_by_mistake() -> None:
    with pytest.raises(StoreUnavailable):
        chain(MemoryStore(fault=unreachable), MemoryStore()).newest_restorable()


def test_a_checkpoint_of_an_older_schema_is_passed_over() -> None:
    store, local = MemoryStore(), MemoryStore()
    save_locally(chain(store, local), state_after(10))
    key = keys.checkpoint_manifest(DAY, COHORT, 10)
    local.put(key, local.get(key).replace(b'"schema_version": 1', b'"schema_version": 0'))

    assert restored_step(chain(store, local)) is None


def test_discarding_leaves_nothing_of_the_cohort(tmp_path: Path) -> None:
    store, local = MemoryStore(), MemoryStore()
    task = builders.cohort(builders.coin_task("AAA"))
    saved = builders.chain(task, tmp_path, store=store, local=local)
    saved.upload(save_locally(saved, state_after(10)))

    saved.discard()

    assert store.list("") == local.list("") == []


def test_live_checkpoints_names_the_newest_of_each_cohort() -> None:
    store, local = MemoryStore(), MemoryStore()
    for step in (10, 20):
        save_locally(chain(store, local), state_after(step))

    live = live_checkpoints((store, local), DAY)

    assert [(each.cohort_id, each.step, each.coins) for each in live] == [(COHORT, 20, ("AAA", "BBB"))]
    assert live_checkpoints((store, local), date(2024, 6, 2)) == []


class StaleStore(MemoryStore):
    """Lists what was there when it was frozen, as a store does whose listings lag behind."""

    frozen: list[ObjectInfo] | None = None

    def freeze(self) -> None:
        self.frozen = super().list("")

    def list(self, prefix: str) -> list[ObjectInfo]:
        infos = super().list(prefix) if self.frozen is None else self.frozen
        return [info for info in infos if info.key.startswith(prefix)]


def uploaded(store: MemoryStore, *steps: int) -> None:
    for step in steps:
        saved = chain(store, MemoryStore())
        saved.upload(saved.packed(state_after(step), FINGERPRINTS))


def test_a_listing_that_lacks_the_newest_checkpoint_gives_the_one_before() -> None:
    store = StaleStore()
    uploaded(store, 10)
    store.freeze()
    uploaded(store, 20)

    assert restored_step(chain(store, MemoryStore())) == 10


def test_a_listing_that_still_names_a_removed_checkpoint_gives_one_that_is_there() -> None:
    store, local = StaleStore(), MemoryStore()
    save_locally(chain(store, local), state_after(10))
    uploaded(store, 20)
    store.freeze()
    for info in store.list(""):
        store.delete(info.key)

    assert restored_step(chain(store, local)) == 10
    assert live_checkpoints((store, local), DAY)[0].step == 10

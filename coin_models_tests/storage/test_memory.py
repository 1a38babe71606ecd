"""The store in memory: faults come at the moment that a test chooses, and damage is noticed."""

import pytest

from coin_models.errors import ObjectDamaged, StoreUnavailable
from coin_models.storage.memory import MemoryStore


@pytest.mark.parametrize(("moment", "is_there"), [("put", False), ("put done", True)])
def test_a_put_fails_before_or_after_it_happened(moment: str, is_there: bool) -> None:
    def fault(now: str, key: str) -> None:
        if (now, key) == (moment, "a"):
            raise StoreUnavailable("away")

    store = MemoryStore(fault=fault)
    with pytest.raises(StoreUnavailable):
        store.put("a", b"1")

    assert [info.key for info in store.list("")] == ["a"] * is_there


@pytest.mark.parametrize(("moment", "is_there"), [("delete", True), ("delete done", False)])
def test_a_delete_fails_before_or_after_it_happened(moment: str, is_there: bool) -> None:
    def fault(now: str, _key: str) -> None:
        if now == moment:
            raise StoreUnavailable("away")

    store = MemoryStore(fault=fault)
    store.put("a", b"1")
    with pytest.raises(StoreUnavailable):
        store.delete("a")

    assert [info.key for info in store.list("")] == ["a"] * is_there


def test_damage_behind_its_back_is_noticed_at_the_next_get() -> None:
    store = MemoryStore()
    store.put("a", b"1")
    store.damage("a", b"2")

    with pytest.raises(ObjectDamaged, match="a in memory: is damaged"):
        store.get("a")


def test_what_the_caller_does_to_its_bytes_afterwards_changes_nothing() -> None:
    store, data = MemoryStore(), bytearray(b"1")
    store.put("a", data)  # type: ignore[arg-type]
    data[0] = ord("2")

    assert store.get("a") == b"1"

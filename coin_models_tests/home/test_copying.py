"""Copying a home's objects: existing ones are left, what is damaged is named, what vanished is nothing."""

from coin_models.errors import ObjectNotFound
from coin_models.home.copying import copy_objects, differing_objects
from coin_models.storage import keys
from coin_models.storage.memory import MemoryStore
from coin_models.storage.object_store import sha256_hex
from coin_models_tests.db.filled import DAY

WEIGHTS = b"weights"
MODEL = keys.model_weights("BTC", DAY, "ab" * 32, sha256_hex(WEIGHTS))
REPORT = keys.report(DAY, "report.html")


def nothing(_text: str, _done: int, _total: int) -> None:
    return None


def filled() -> MemoryStore:
    store = MemoryStore()
    store.put(MODEL, WEIGHTS)
    store.put(REPORT, b"first")
    store.put(keys.checkpoint_state(DAY, "abcdef0123", 1), b"state")
    return store


def test_models_candles_and_reports_are_copied_and_checkpoints_are_not() -> None:
    target = MemoryStore()

    copied = copy_objects(filled(), target, nothing)

    assert {info.key: target.get(info.key) for info in target.list("")} == {MODEL: WEIGHTS, REPORT: b"first"}
    assert (copied.num_objects, copied.num_copied, copied.num_bytes) == (2, 2, len(WEIGHTS) + len(b"first"))


def test_the_next_copy_takes_what_is_new_and_what_may_have_changed() -> None:
    source, target = filled(), MemoryStore()
    copy_objects(source, target, nothing)
    source.put(REPORT, b"later")

    copied = copy_objects(source, target, nothing)

    assert target.get(REPORT) == b"later"
    assert (copied.num_objects, copied.num_copied) == (2, 1)


def test_a_damaged_model_is_named_and_not_copied() -> None:
    source, target = filled(), MemoryStore()
    source.put(MODEL, b"other bytes")

    copied = copy_objects(source, target, nothing)

    assert copied.damaged == (MODEL,)
    assert [info.key for info in target.list("")] == [REPORT]


def test_forecasts_are_copied_and_damaged_ones_are_named() -> None:
    source, target = MemoryStore(), MemoryStore()
    whole, damaged = (keys.forecast_day(coin, DAY, sha256_hex(b"forecasts")) for coin in ("BTC", "ETH"))
    source.put(whole, b"forecasts")
    source.put(damaged, b"other bytes")

    copied = copy_objects(source, target, nothing)

    assert copied.damaged == (damaged,)
    assert [info.key for info in target.list("")] == [whole]


class Vanishing(MemoryStore):
    """Lists an object that is removed before it is read."""

    def get(self, key: str, *, sha256: str | None = None) -> bytes:
        if key == MODEL:
            raise ObjectNotFound(key)
        return super().get(key, sha256=sha256)


def test_what_is_removed_meanwhile_is_left_out() -> None:
    source = Vanishing()
    source.put(MODEL, WEIGHTS)
    source.put(REPORT, b"first")

    copied = copy_objects(source, MemoryStore(), nothing)

    assert (copied.num_objects, copied.num_copied, copied.damaged) == (1, 1, ())


def test_objects_that_differ_or_are_missing_are_named() -> None:
    source, target = filled(), MemoryStore()
    copy_objects(source, target, nothing)
    equal = differing_objects(source, target, nothing)
    target.put(REPORT, b"other")
    target.delete(MODEL)

    assert equal == []
    assert differing_objects(source, target, nothing) == sorted([MODEL, REPORT])


def test_other_prefixes_are_copied_when_they_are_named() -> None:
    target = MemoryStore()

    copied = copy_objects(filled(), target, nothing, prefixes=[keys.CHECKPOINTS])

    assert [info.key for info in target.list("")] == [keys.checkpoint_state(DAY, "abcdef0123", 1)]
    assert copied.num_objects == 1

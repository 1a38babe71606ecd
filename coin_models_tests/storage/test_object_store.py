"""The behaviour of every object store."""

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coin_models.errors import ObjectDamaged, ObjectExists, ObjectNotFound, StoreRefused
from coin_models.storage.object_store import ObjectStore, sha256_hex
from coin_models_tests import backends


@pytest.fixture(params=["memory", "local", "s3"])
def store(request: pytest.FixtureRequest, make_store: Callable[[str], ObjectStore]) -> ObjectStore:
    if request.param == "s3":
        return backends.stack_store(request.getfixturevalue("stack_access"))
    return make_store(request.param)


def test_what_was_put_is_what_is_got(store: ObjectStore) -> None:
    info = store.put("models/BTC/x.bin", b"\x00weights\xff")

    assert store.get("models/BTC/x.bin") == b"\x00weights\xff"
    assert (info.key, info.size, info.sha256) == ("models/BTC/x.bin", 9, sha256_hex(b"\x00weights\xff"))


def test_an_empty_object_is_an_object(store: ObjectStore) -> None:
    store.put("empty", b"")

    assert store.get("empty") == b""
    assert [info.size for info in store.list("")] == [0]


def test_a_put_replaces_what_was_there(store: ObjectStore) -> None:
    store.put("a", b"old")
    store.put("a", b"new", durable=False)

    assert store.get("a") == b"new"


def test_a_conditional_put_leaves_what_is_there(store: ObjectStore) -> None:
    store.put("a/b", b"first", if_absent=True)

    with pytest.raises(ObjectExists, match="a/b"):
        store.put("a/b", b"second", if_absent=True)
    assert store.get("a/b") == b"first"


def test_an_absent_object_is_not_found(store: ObjectStore) -> None:
    store.put("a/b", b"1")

    for key in ("a", "a/b/c", "a/c", "b"):
        with pytest.raises(ObjectNotFound, match=key):
            store.get(key)


def test_bytes_of_another_digest_are_damaged(store: ObjectStore) -> None:
    store.put("a", b"found")

    with pytest.raises(ObjectDamaged, match="expected 2cf24dba5fb0"):
        store.get("a", sha256=sha256_hex(b"hello"))


def test_bytes_of_the_given_digest_are_returned(store: ObjectStore) -> None:
    store.put("a", b"hello")

    assert store.get("a", sha256=sha256_hex(b"hello")) == b"hello"


def test_many_objects_come_without_the_absent_ones(store: ObjectStore) -> None:
    for name in ("a", "b", "c"):
        store.put(f"many/{name}", name.encode())

    objects = store.get_many(["many/c", "many/absent", "many/a", "many/a"])

    assert objects == {"many/c": b"c", "many/a": b"a"}


def test_a_listing_is_sorted_and_holds_what_begins_with_the_prefix(store: ObjectStore) -> None:
    for key in ("b/2", "b/10", "a", "b2/1", "b/1/x"):
        store.put(key, key.encode())

    assert [info.key for info in store.list("b/")] == ["b/1/x", "b/10", "b/2"]
    assert [info.key for info in store.list("b")] == ["b/1/x", "b/10", "b/2", "b2/1"]
    assert [info.key for info in store.list("b/1")] == ["b/1/x", "b/10"]
    assert [info.size for info in store.list("")] == [1, 5, 4, 3, 4]
    assert store.list("none/") == []


def test_deleting_twice_is_no_error(store: ObjectStore) -> None:
    store.put("a/b/c", b"1")
    store.put("a/d", b"2")
    store.delete("a/b/c")
    store.delete("a/b/c")

    assert [info.key for info in store.list("")] == ["a/d"]


@pytest.mark.parametrize(
    "key", ["", "/a", "a/", "../a", "a/../b", ".hidden", "a/.tmp", "a//b", "a b", "a\\b", "é", "x" * 513]
)
def test_a_key_that_could_leave_the_store_is_refused(store: ObjectStore, key: str) -> None:
    for call in (store.get, store.delete, lambda key: store.put(key, b"")):
        with pytest.raises(StoreRefused, match="is not an object key"):
            call(key)


_keys = st.sampled_from(["a", "b/a", "b/b", "c/d/e"])
_operations = st.lists(
    st.one_of(
        st.tuples(st.just("put"), _keys, st.binary(max_size=8)),
        st.tuples(st.just("put if absent"), _keys, st.binary(max_size=8)),
        st.tuples(st.just("delete"), _keys, st.just(b"")),
    ),
    max_size=12,
)


@pytest.mark.parametrize("name", ["memory", "local"])
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(operations=_operations)
def test_any_sequence_of_operations_leaves_what_a_dict_would_hold(
    make_store: Callable[[str], ObjectStore], name: str, operations: list[tuple[str, str, bytes]]
) -> None:
    store, model = make_store(name), dict[str, bytes]()
    for operation, key, data in operations:
        if operation == "put":
            store.put(key, data, durable=False)
            model[key] = data
        elif operation == "delete":
            store.delete(key)
            model.pop(key, None)
        else:
            try:
                store.put(key, data, if_absent=True, durable=False)
                assert key not in model
                model[key] = data
            except ObjectExists:
                assert key in model

    assert {info.key: store.get(info.key) for info in store.list("")} == model

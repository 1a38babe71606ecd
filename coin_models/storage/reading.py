"""Reads many objects of which some may be damaged or absent: each is a problem of its own, and the others are read."""

from collections.abc import Sequence

from coin_models.errors import ObjectDamaged, ObjectNotFound
from coin_models.storage.object_store import ObjectStore


def read_each(store: ObjectStore, keys: Sequence[str]) -> tuple[dict[str, bytes], dict[str, str]]:
    """The bytes of the objects that can be read, and of each other one why it cannot; both by key.

    Raises:
        StoreUnavailable, StoreRefused: the store answers none of them.
    """
    try:
        data = store.get_many(keys)
    except ObjectDamaged:  # one of them: `get_many` does not say which
        data = {}
    problems = {}
    for key in keys:
        if key not in data:
            try:
                data[key] = store.get(key)
            except (ObjectDamaged, ObjectNotFound) as error:
                problems[key] = str(error)
    return data, problems

"""Copies the objects of a home from one store to another: existing ones are not copied again."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from typing import Final

from coin_models.errors import ObjectDamaged, ObjectNotFound
from coin_models.storage import keys
from coin_models.storage.object_store import ObjectStore, sha256_hex

COPIED: Final = (keys.CANDLES, keys.MODELS, keys.DECISIONS, keys.FORECASTS, keys.REPORTS)
"""Prefixes of what is kept; checkpoints belong to unfinished fits, which their own machine continues."""
_THREADS: Final = 8

Advance = Callable[[str, int, int], None]
"""Called with what is being done, and with how much of how much of it is done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied:
    """What copying came to."""

    num_objects: int  # in the source
    num_copied: int  # the others existed in the target
    num_bytes: int  # of those that were copied
    damaged: tuple[str, ...]  # models and forecasts whose bytes are not what their key says; not copied


def copy_objects(
    source: ObjectStore, target: ObjectStore, advance: Advance, *, prefixes: Sequence[str] = COPIED
) -> Copied:
    """Copies what `source` holds under `prefixes`; nothing is removed from `target`.

    An object whose key holds the digest of its content is copied once. The bytes of models and forecasts are checked against it.
    """
    num_objects, sizes, damaged = 0, [], []
    for prefix in prefixes:
        listed = source.list(prefix)
        there = {info.key: info.size for info in target.list(prefix)}
        wanted = [info.key for info in listed if there.get(info.key) != info.size or not keys.is_immutable(info.key)]
        num_objects += len(listed)
        with ThreadPoolExecutor(_THREADS, thread_name_prefix="copy") as threads:
            copies = {threads.submit(_copy, source, target, key): key for key in wanted}
            for done, copy in enumerate(as_completed(copies), start=1):
                try:
                    sizes.append(copy.result())
                except ObjectNotFound:  # removed meanwhile: no row refers to it
                    num_objects -= 1
                except ObjectDamaged:
                    damaged.append(copies[copy])
                advance(prefix.rstrip("/"), done, len(wanted))
    return Copied(num_objects=num_objects, num_copied=len(sizes), num_bytes=sum(sizes), damaged=tuple(sorted(damaged)))


def differing_objects(
    source: ObjectStore, target: ObjectStore, advance: Advance, *, prefixes: Sequence[str] = COPIED
) -> list[str]:
    """Keys under `prefixes` whose bytes in `target` are not those in `source`; both are read whole."""
    listed = [info.key for prefix in prefixes for info in source.list(prefix)]
    differing = []
    with ThreadPoolExecutor(_THREADS, thread_name_prefix="compare") as threads:
        comparisons = {threads.submit(_is_equal, source, target, key): key for key in listed}
        for done, comparison in enumerate(as_completed(comparisons), start=1):
            if not comparison.result():
                differing.append(comparisons[comparison])
            advance("comparing objects", done, len(listed))
    return sorted(differing)


def _is_equal(source: ObjectStore, target: ObjectStore, key: str) -> bool:
    try:
        return source.get(key) == target.get(key)
    except ObjectNotFound:
        return False


def _copy(source: ObjectStore, target: ObjectStore, key: str) -> int:
    data = source.get(key)
    digest = keys.digest_of_bytes(key)
    if digest is not None and sha256_hex(data)[: len(digest)] != digest:
        raise ObjectDamaged(f"{key} in {source.url} is damaged: its bytes are not those that its name says")
    target.put(key, data)
    return len(data)

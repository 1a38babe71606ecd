"""What a fit leaves behind is freed, and what was imported before is not looked at again."""

import gc
import os
import sys
from pathlib import Path
from weakref import ref

import pytest
import torch

from coin_models.training.memory import (
    give_back_freed_memory,
    is_out_of_memory,
    release_memory_of,
    spare_imports,
    without_collections,
)


class Node:
    """Refers to itself, as a Lightning trainer does."""

    def __init__(self) -> None:
        self.itself = self


def test_what_refers_to_itself_is_freed() -> None:
    node = Node()
    freed = ref(node)
    del node

    give_back_freed_memory()

    assert freed() is None


@pytest.mark.skipif(not Path("/proc/self/statm").exists() or sys.platform != "linux", reason="needs Linux")
def test_free_memory_between_used_memory_goes_back_to_the_system() -> None:
    kept = [bytearray(64_000) for _ in range(4_000)]
    before = _resident_bytes()
    del kept[::2]
    give_back_freed_memory()

    assert before - _resident_bytes() > 0.5 * 64_000 * len(kept)


def test_spared_objects_are_not_collected_again() -> None:
    node = Node()
    alive = ref(node)

    spare_imports()
    del node
    give_back_freed_memory()

    assert alive() is not None  # it stays until the process ends


def _resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def fail_to_import(seen: list[bool]) -> None:
    with without_collections():
        seen.append(gc.isenabled())
        raise ImportError


def test_nothing_is_collected_during_imports_and_after_an_error_it_is_as_before() -> None:
    seen: list[bool] = []
    with pytest.raises(ImportError):
        fail_to_import(seen)

    assert seen == [False]
    assert gc.isenabled()


def test_who_switched_collections_off_finds_them_off() -> None:
    gc.disable()
    try:
        with without_collections():
            pass

        assert not gc.isenabled()
    finally:
        gc.enable()


@pytest.mark.parametrize("error", [MemoryError(), torch.OutOfMemoryError("CUDA out of memory")])
def test_a_failed_allocation_of_the_machine_or_of_the_gpu_is_one(error: Exception) -> None:
    assert is_out_of_memory(error)
    assert not is_out_of_memory(RuntimeError("out of memory"))


def allocate(freed: list[ref[Node]]) -> None:
    node = Node()
    freed.append(ref(node))
    raise MemoryError(str(node.itself))


def test_what_a_failed_fit_held_is_freed_while_its_error_is_kept() -> None:
    freed: list[ref[Node]] = []
    with pytest.raises(MemoryError) as failure:
        allocate(freed)
    error = failure.value
    del failure

    release_memory_of(error)

    assert (freed[0](), error.__traceback__) == (None, None)

"""What a fit leaves behind is freed, and what was imported before is not looked at again."""

import os
import sys
from pathlib import Path
from weakref import ref

import pytest

from coin_models.training.memory import give_back_freed_memory, spare_imports


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

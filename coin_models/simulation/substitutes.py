"""Puts the simulated time, threads, ids and fit in the place of the real ones, in the modules of the package.

It looks where a module holds the real thing by name, so that code which begins to use one is simulated too. Nothing
else of the package is replaced: what runs is the real code.
"""

import concurrent.futures
import importlib
import pkgutil
import sys
import threading
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from random import Random
from types import ModuleType
from typing import Any, Self

import coin_models

_LEFT_ALONE = tuple(f"coin_models.{room}" for room in ("simulation", "cli", "drill", "dev_stack", "bench", "defs"))
_NOT_USED = (".migrations", ".s3", ".definitions", ".__main__")


@contextmanager
def in_place_of(substitutes: Mapping[int, Any], more: Mapping[tuple[ModuleType, str], Any]) -> Iterator[None]:
    """Replaces, until the end of the block.

    Args:
        substitutes: by the `id` of the real object, wherever a module of the package has a global of it.
        more: by module and name, whatever is there.
    """
    before: list[tuple[ModuleType, str, Any]] = []
    for module in modules_of_package():
        for name, value in list(vars(module).items()):
            if id(value) in substitutes:
                before.append((module, name, value))
                setattr(module, name, substitutes[id(value)])
    for (module, name), value in more.items():
        before.append((module, name, getattr(module, name)))
        setattr(module, name, value)
    try:
        yield
    finally:
        for module, name, value in reversed(before):
            setattr(module, name, value)


@cache
def import_package() -> None:
    """Imports what a night may import later: a module that is imported within a world would hold the real time."""
    for module in pkgutil.walk_packages(coin_models.__path__, "coin_models.", onerror=lambda _name: None):
        if not module.name.startswith(_LEFT_ALONE) and not any(part in module.name for part in _NOT_USED):
            importlib.import_module(module.name)


def modules_of_package() -> list[ModuleType]:
    """The modules of the package that are imported, but those that run simulations."""
    return [
        module
        for name, module in list(sys.modules.items())
        if name.startswith("coin_models.") and not name.startswith(_LEFT_ALONE) and isinstance(module, ModuleType)
    ]


def of_the_operating_system(
    *, clock: object, threads: object, executor: object, in_order: object, ids: object
) -> dict[int, Any]:
    """What stands in for time, threads and random ids."""
    return {
        id(time): clock,
        id(threading): threads,
        id(concurrent.futures.ThreadPoolExecutor): executor,
        id(concurrent.futures.as_completed): in_order,
        id(uuid): ids,
    }


class Mark:
    """As `HighWaterMark`, in memory."""

    def __init__(self, marks: dict[str, int], path: str) -> None:
        self._marks, self._path = marks, path

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        pass

    def read(self) -> int:
        """See `HighWaterMark.read`."""
        return self._marks.get(self._path, 0)

    def record(self, step: int) -> None:
        """See `HighWaterMark.record`."""
        self._marks[self._path] = max(step, self.read())

    def remove(self) -> None:
        """See `HighWaterMark.remove`."""
        self._marks.pop(self._path, None)


class Ids:
    """`uuid` from the seed."""

    def __init__(self, dice: Random) -> None:
        self._dice = dice

    def uuid4(self) -> uuid.UUID:
        """A random id."""
        return uuid.UUID(int=self._dice.getrandbits(128), version=4)

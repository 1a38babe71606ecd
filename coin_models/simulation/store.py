"""The stores of a night: one object store that outlives every process, and a disk for each machine."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from coin_models.errors import StoreUnavailable
from coin_models.simulation.operations import Operations
from coin_models.storage.memory import MemoryStore
from coin_models.storage.object_store import ObjectInfo

T = TypeVar("T")


class SimulatedStore:
    """A memory store, each of whose calls is an operation of the process that makes it."""

    def __init__(self, memory: MemoryStore, operations: Operations, kind: str = "store") -> None:
        self.memory = memory
        self._operations = operations
        self._kind = kind
        self.is_away = False

    @property
    def url(self) -> str:
        """Where it is, for people."""
        return self.memory.url

    def put(self, key: str, data: bytes, *, if_absent: bool = False, durable: bool = True) -> ObjectInfo:
        """See `ObjectStore.put`."""
        return self._run(f"put {shown(key)}", lambda: self.memory.put(key, data, if_absent=if_absent))

    def get(self, key: str, *, sha256: str | None = None) -> bytes:
        """See `ObjectStore.get`."""
        return self._run(f"get {shown(key)}", lambda: self.memory.get(key, sha256=sha256))

    def get_many(self, keys: Sequence[str]) -> dict[str, bytes]:
        """See `ObjectStore.get_many`."""
        return self._run("get many", lambda: self.memory.get_many(keys))

    def list(self, prefix: str) -> list[ObjectInfo]:
        """See `ObjectStore.list`."""
        return self._run(f"list {prefix.partition('/')[0]}", lambda: self.memory.list(prefix))

    def delete(self, key: str) -> None:
        """See `ObjectStore.delete`."""
        self._run(f"delete {shown(key)}", lambda: self.memory.delete(key))

    def _run(self, name: str, effect: Callable[[], T]) -> T:
        def unless_away() -> T:
            if self.is_away:
                raise StoreUnavailable("the simulated store does not answer")
            return effect()

        return self._operations.run(self._kind, name, unless_away, StoreUnavailable)


def shown(key: str) -> str:
    """A key without its digests, such as `models/BTC/2026-03-10 weights`."""
    folders, _, name = key.rpartition("/")
    return f"{'/'.join(folders.split('/')[:3])} {name.partition('-')[0].partition('.')[0]}"

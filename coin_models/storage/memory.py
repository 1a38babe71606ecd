"""An object store in memory for tests, with faults that tests choose."""

import threading
from collections.abc import Callable, Sequence

from coin_models.clock import Clock, SystemClock
from coin_models.errors import ObjectExists, ObjectNotFound
from coin_models.storage.object_store import ObjectInfo, check_bytes, check_key, sha256_hex

Fault = Callable[[str, str], None]
"""Called as `fault(moment, key)`; raises what should go wrong. Moments: `put`, `get`, `list`, `delete` before anything
happened, and `put done`, `delete done` after it happened but before the caller knows."""


def no_fault(moment: str, key: str) -> None:
    """Nothing goes wrong."""


class MemoryStore:
    """Keeps objects in memory, for as long as it lives."""

    def __init__(self, *, fault: Fault = no_fault, clock: Clock | None = None) -> None:
        self.fault = fault
        self._clock = clock or SystemClock()
        self._objects: dict[str, tuple[bytes, ObjectInfo]] = {}
        self._lock = threading.Lock()

    @property
    def url(self) -> str:
        """Where it is, for people."""
        return "memory:"

    def put(self, key: str, data: bytes, *, if_absent: bool = False, durable: bool = True) -> ObjectInfo:
        """Stores `data` whole or not at all; see `ObjectStore.put`."""
        self.fault("put", check_key(key))
        info = ObjectInfo(key=key, size=len(data), modified=self._clock.now(), sha256=sha256_hex(data))
        with self._lock:
            if if_absent and key in self._objects:
                raise ObjectExists(f"{key} is already in {self.url}")
            self._objects[key] = (bytes(data), info)
        self.fault("put done", key)
        return info

    def get(self, key: str, *, sha256: str | None = None) -> bytes:
        """The object's bytes; see `ObjectStore.get`."""
        self.fault("get", check_key(key))
        with self._lock:
            entry = self._objects.get(key)
        if entry is None:
            raise ObjectNotFound(f"{key} is not in {self.url}")
        data, info = entry
        return check_bytes(key, check_bytes(key, data, info.sha256, where=self.url), sha256, where=self.url)

    def get_many(self, keys: Sequence[str]) -> dict[str, bytes]:
        """The objects of these keys; absent ones are left out."""
        return {key: self.get(key) for key in dict.fromkeys(keys) if key in self._objects}

    def list(self, prefix: str) -> list[ObjectInfo]:
        """Every object whose key starts with `prefix`, sorted by key."""
        self.fault("list", prefix)
        with self._lock:
            return [info for key, (_, info) in sorted(self._objects.items()) if key.startswith(prefix)]

    def delete(self, key: str) -> None:
        """Removes the object; no error when it is absent."""
        self.fault("delete", check_key(key))
        with self._lock:
            self._objects.pop(key, None)
        self.fault("delete done", key)

    def damage(self, key: str, data: bytes) -> None:
        """Replaces an object's bytes behind the store's back, as a failing disk would."""
        with self._lock:
            self._objects[key] = (data, self._objects[key][1])

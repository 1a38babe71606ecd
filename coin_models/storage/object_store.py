"""The protocol of an object store: named bytes, immutable by convention, in a folder, in S3 or in memory.

Integrity: a put is whole or absent, after any kill. A caller that recorded the digest of an object (in a model's
manifest, a registry row, a checkpoint's manifest) passes it to `get`. Objects are stored plainly, without a header or
sidecar, so that a folder can be copied to a bucket and opened with any tool.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from coin_models.errors import ObjectDamaged, StoreRefused

_KEY = re.compile(r"[A-Za-z0-9_=][A-Za-z0-9._=-]*(/[A-Za-z0-9_=][A-Za-z0-9._=-]*)*")
_MAX_KEY_LENGTH = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectInfo:
    """What a store knows of an object without reading it."""

    key: str
    size: int  # bytes
    modified: datetime  # UTC-aware
    sha256: str | None = None  # hex; None where the listing does not know it

    def __post_init__(self) -> None:
        if self.modified.tzinfo is None:
            raise ValueError(f"{self.key}: modified time {self.modified!r} has no time zone")


class ObjectStore(Protocol):
    """Keeps bytes under keys. Every method may raise StoreUnavailable (try again) or StoreRefused (don't)."""

    @property
    def url(self) -> str:
        """Where it is, for people: never holds credentials."""
        ...

    def put(self, key: str, data: bytes, *, if_absent: bool = False, durable: bool = True) -> ObjectInfo:
        """Stores `data` whole or not at all; replaces what was there.

        Args:
            key: as `check_key` allows.
            data: the bytes.
            if_absent: refuse to replace.
            durable: the bytes outlive a power cut once this returns. False is for what can be fetched again (candles):
                they then outlive the process, not necessarily the machine. S3 is always durable.

        Raises:
            ObjectExists: `if_absent`, and there is an object of that key.
        """
        ...

    def get(self, key: str, *, sha256: str | None = None) -> bytes:
        """The object's bytes, checked against `sha256` (hex) where it is given.

        Raises:
            ObjectNotFound: no such key.
            ObjectDamaged: the bytes are not those of `sha256`, or not those that were sent.
        """
        ...

    def get_many(self, keys: Sequence[str]) -> dict[str, bytes]:
        """The objects of these keys, fetched concurrently; absent ones are left out."""
        ...

    def list(self, prefix: str) -> list[ObjectInfo]:
        """Every object whose key starts with `prefix`, sorted by key."""
        ...

    def delete(self, key: str) -> None:
        """Removes the object; no error when it is absent."""
        ...


def sha256_hex(data: bytes) -> str:
    """SHA-256 of `data`, hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def check_key(key: str) -> str:
    """Returns `key` if it is well formed: names of letters, digits and `._=-`, none hidden, joined by `/`.

    Raises:
        StoreRefused: it is not; so no key can leave a folder or meet a store's own hidden files.
    """
    if len(key) > _MAX_KEY_LENGTH or not _KEY.fullmatch(key):
        raise StoreRefused(
            f"{key[:_MAX_KEY_LENGTH]!r} is not an object key: names of letters, digits and ._=- joined by /"
        )
    return key


def check_bytes(key: str, data: bytes, sha256: str | None, *, where: str) -> bytes:
    """Returns `data` if it is what `sha256` says, or if nothing is said.

    Raises:
        ObjectDamaged: it is not.
    """
    if sha256 is not None and sha256_hex(data) != sha256:
        raise ObjectDamaged(
            f"{key} in {where} is damaged: its {len(data)} bytes have digest {sha256_hex(data)[:12]}, "
            f"expected {sha256[:12]}"
        )
    return data

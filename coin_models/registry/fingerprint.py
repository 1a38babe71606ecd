"""The fingerprint of a model version: a digest of everything that decides its weights.

Belongs here: how things are digested, so that equal things have equal digests on every machine. Not here: which things
decide (whoever starts a fit knows).
"""

import hashlib
import json
import math
from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel

_PACKAGE = Path(__file__).parents[1]
_DECIDING_CODE = ("training/fit", "features", "registry/architecture.py")


def fingerprint(**parts: object) -> str:
    """SHA-256, hexadecimal, of the parts as canonical JSON; their order does not matter.

    Parts are None, booleans, numbers, text, dates, settings groups, and mappings and sequences of those.

    Raises:
        TypeError: a part is something else. A digest of its repr would differ from machine to machine.
        ValueError: a number is not finite.
    """
    if not parts:
        raise ValueError("a fingerprint of nothing would be the same for every model")
    canonical = json.dumps(_plain(parts), sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(canonical.encode()).hexdigest()


@cache
def training_code_version() -> str:
    """SHA-256, hexadecimal, of the source that decides a fit: `training`, `features`, `registry/architecture.py`.

    The same in a clone and in an installed wheel: it is of names and contents, not of versions or times.
    """
    digest = hashlib.sha256()
    for path in _deciding_files():
        content = path.read_bytes().replace(b"\r\n", b"\n")
        digest.update(f"{path.relative_to(_PACKAGE).as_posix()}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def _deciding_files() -> list[Path]:
    files: list[Path] = []
    for name in _DECIDING_CODE:
        path = _PACKAGE / name
        files += sorted(path.rglob("*.py")) if path.is_dir() else [path]
    return files


def _plain(value: object) -> Any:
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError(f"{value} cannot be part of a fingerprint: it is not finite")
        return value
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, BaseModel):
        return _plain(value.model_dump(mode="json"))
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    raise TypeError(f"a {type(value).__name__} cannot be part of a fingerprint: turn it into text or numbers first")

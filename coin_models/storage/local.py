"""An object store in a local folder: one plain file per object.

A put writes into `<root>/.tmp`, flushes to disk, then renames: a kill at any instant leaves the old object or none.
Files that killed puts left in `.tmp` are removed by the next store that opens the folder, once an hour old.
"""

import errno
import logging
import os
import secrets
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from coin_models.errors import DiskFull, ObjectExists, ObjectNotFound, StoreRefused, StoreUnavailable
from coin_models.private_files import FILE_MODE, FOLDER_MODE, make_private_folder
from coin_models.storage.object_store import ObjectInfo, check_bytes, check_key, sha256_hex

_logger = logging.getLogger(__name__)
_LEFTOVER_AGE_SECONDS = 3600.0
_ABSENT = (FileNotFoundError, NotADirectoryError, IsADirectoryError)  # a folder of objects is none itself
_PERMANENT = {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EISDIR, errno.ENAMETOOLONG, errno.EXDEV}


class LocalStore:
    """Keeps objects as files under `root`, which the first put creates: reading makes no folder."""

    def __init__(self, root: Path) -> None:
        self._root = root.absolute()
        self._temporary = self._root / ".tmp"
        with _explained(f"open the store {self._root}"):
            if self._root.exists():
                os.scandir(self._root).close()  # it is a folder, and can be read
            if self._temporary.exists():
                _remove_leftovers(self._temporary)

    @property
    def url(self) -> str:
        """Where it is, for people."""
        return str(self._root)

    def put(self, key: str, data: bytes, *, if_absent: bool = False, durable: bool = True) -> ObjectInfo:
        """Stores `data` whole or not at all; see `ObjectStore.put`."""
        target = self._root / check_key(key)
        temporary = self._temporary / f"{os.getpid()}-{secrets.token_hex(8)}"
        with _explained(f"put {key} ({len(data)} bytes) into {self._root}"):
            try:
                if not self._temporary.is_dir():
                    make_private_folder(self._temporary)
                _write(temporary, data, durable=durable)
                _make_folder(target.parent, durable=durable)
                _place(temporary, target, if_absent=if_absent)
            except BaseException as error:
                temporary.unlink(missing_ok=True)
                if isinstance(error, FileExistsError):
                    raise ObjectExists(f"{key} is already in {self._root}") from error
                raise
            if durable:
                with suppress(FileNotFoundError):  # deleted again already, by another process
                    _sync_folder(target.parent)
        return ObjectInfo(key=key, size=len(data), modified=datetime.now(UTC), sha256=sha256_hex(data))

    def get(self, key: str, *, sha256: str | None = None) -> bytes:
        """The object's bytes; see `ObjectStore.get`."""
        with _explained(f"get {key} from {self._root}"):
            try:
                data = (self._root / check_key(key)).read_bytes()
            except _ABSENT as error:
                raise ObjectNotFound(f"{key} is not in {self._root}") from error
        return check_bytes(key, data, sha256, where=self.url)

    def get_many(self, keys: Sequence[str]) -> dict[str, bytes]:
        """The objects of these keys; absent ones are left out. In turn: a disk is no quicker when asked in parallel."""
        objects = {}
        for key in dict.fromkeys(keys):
            with suppress(ObjectNotFound):
                objects[key] = self.get(key)
        return objects

    def list(self, prefix: str) -> list[ObjectInfo]:
        """Every object whose key starts with `prefix`, sorted by key."""
        folder = prefix.rpartition("/")[0]
        if folder:
            check_key(folder)
        with _explained(f"list {prefix} in {self._root}"):
            infos = [info for info in _walk(self._root / folder, folder) if info.key.startswith(prefix)]
        return sorted(infos, key=lambda info: info.key)

    def delete(self, key: str) -> None:
        """Removes the object, and folders that it leaves empty; no error when it is absent."""
        path = self._root / check_key(key)
        with _explained(f"delete {key} from {self._root}"):
            with suppress(*_ABSENT):
                path.unlink()
            with suppress(OSError):  # not empty, or another process was quicker
                for parent in path.parents:
                    if parent == self._root:
                        break
                    parent.rmdir()


def _walk(folder: Path, prefix: str) -> Iterator[ObjectInfo]:
    try:
        entries = list(os.scandir(folder))
    except (FileNotFoundError, NotADirectoryError):
        return
    for entry in entries:
        if entry.name.startswith("."):
            continue
        key = f"{prefix}/{entry.name}" if prefix else entry.name
        if entry.is_dir():
            yield from _walk(Path(entry.path), key)
        else:
            with suppress(FileNotFoundError):  # deleted while we looked
                status = entry.stat()
                yield ObjectInfo(key=key, size=status.st_size, modified=datetime.fromtimestamp(status.st_mtime, UTC))


def _write(path: Path, data: bytes, *, durable: bool) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        if durable:
            file.flush()
            os.fsync(file.fileno())


def _make_folder(folder: Path, *, durable: bool) -> None:
    if folder.is_dir():
        return
    _make_folder(folder.parent, durable=durable)
    folder.mkdir(mode=FOLDER_MODE, exist_ok=True)
    if durable:
        _sync_folder(folder.parent)


def _place(temporary: Path, target: Path, *, if_absent: bool) -> None:
    try:
        _rename(temporary, target, if_absent=if_absent)
    except FileNotFoundError:
        # Another process deleted the folder's last object, and the folder, between our mkdir and now.
        make_private_folder(target.parent)
        _rename(temporary, target, if_absent=if_absent)


def _rename(temporary: Path, target: Path, *, if_absent: bool) -> None:
    if if_absent:
        os.link(temporary, target)  # unlike rename, fails when the target exists
        temporary.unlink()
    else:
        temporary.replace(target)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _remove_leftovers(folder: Path) -> None:
    for path in folder.iterdir():
        with suppress(FileNotFoundError):
            if time.time() - path.stat().st_mtime > _LEFTOVER_AGE_SECONDS:
                path.unlink()
                _logger.info("removed the file of a killed put", extra={"path": str(path)})


@contextmanager
def _explained(attempt: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskFull(f"could not {attempt}: the disk is full ({reason}); free some space") from error
        if error.errno in _PERMANENT:
            raise StoreRefused(f"could not {attempt}: {reason}; check the folder and its permissions") from error
        raise StoreUnavailable(f"could not {attempt}: {reason}") from error

"""The folder store when it is killed, when the disk is full, and the files that remain."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from coin_models.errors import ObjectNotFound, StoreRefused, StoreUnavailable
from coin_models.storage.local import LocalStore

MIB = 1024 * 1024

PUTTER = """
import sys
from pathlib import Path
from coin_models.storage.local import LocalStore
store = LocalStore(Path(sys.argv[1]))
print("ready", flush=True)
while True:
    for letter in b"ab":
        store.put("models/x", bytes([letter]) * 2_000_000)
"""


def test_a_put_killed_at_any_instant_leaves_the_old_object_or_the_new_one_whole(tmp_path: Path) -> None:
    LocalStore(tmp_path).put("models/x", b"old")
    seen = set()
    for milliseconds in (0, 3, 7, 13, 29):
        putter = subprocess.Popen([sys.executable, "-c", PUTTER, str(tmp_path)], stdout=subprocess.PIPE)
        assert putter.stdout is not None
        putter.stdout.readline()
        time.sleep(milliseconds / 1000)
        putter.send_signal(signal.SIGKILL)
        putter.communicate()
        seen |= {LocalStore(tmp_path).get(info.key) for info in LocalStore(tmp_path).list("")}

    assert seen
    assert seen <= {b"old", b"a" * 2_000_000, b"b" * 2_000_000}


def test_what_a_killed_put_left_is_removed_once_it_is_an_hour_old(tmp_path: Path) -> None:
    (tmp_path / ".tmp").mkdir()
    old, fresh = tmp_path / ".tmp" / "1-old", tmp_path / ".tmp" / "2-fresh"
    for path in (old, fresh):
        path.write_bytes(b"half an obj")
    an_hour_ago = time.time() - 3601
    os.utime(old, (an_hour_ago, an_hour_ago))

    store = LocalStore(tmp_path)

    assert store.list("") == []
    assert [path.name for path in (tmp_path / ".tmp").iterdir()] == ["2-fresh"]


def test_a_finished_put_leaves_nothing_beside_its_object(tmp_path: Path) -> None:
    LocalStore(tmp_path).put("a/b", b"1")

    assert sorted(path.name for path in tmp_path.rglob("*") if path.is_file()) == ["b"]


def test_objects_are_plain_files_that_any_tool_can_open(tmp_path: Path) -> None:
    LocalStore(tmp_path).put("reports/2024-08-15/report.html", b"<p>")

    assert (tmp_path / "reports/2024-08-15/report.html").read_bytes() == b"<p>"


def test_a_store_that_is_only_read_makes_no_folder(tmp_path: Path) -> None:
    store = LocalStore(tmp_path / "store")

    assert store.list("models/") == []
    with pytest.raises(ObjectNotFound):
        store.get("models/x")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")

    with pytest.raises(StoreRefused, match=r"could not open the store .*file: .*check the folder"):
        LocalStore(tmp_path / "file")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 1 MiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "none", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip(f"a small disk cannot be mounted here: {mounted.stderr.decode().strip()}")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_is_said_and_leaves_the_old_object_and_no_leftover(small_disk: Path) -> None:
    store = LocalStore(small_disk)
    store.put("a", b"old")

    with pytest.raises(
        StoreUnavailable, match=r"could not put a \(2097152 bytes\) .*the disk is full .*free some space"
    ):
        store.put("a", bytes(2 * MIB))
    assert store.get("a") == b"old"
    assert list((small_disk / ".tmp").iterdir()) == []

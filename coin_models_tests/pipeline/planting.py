"""Plants what may be wrong with a machine and its places: a folder without permissions, a store whose clock differs."""

import contextlib
import ctypes
import os
import socket
import sqlite3
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

SKEW = timedelta(hours=2)
_ALLOWED = timedelta(minutes=15)  # as of S3
_CAPABILITIES = 0x20080522  # _LINUX_CAPABILITY_VERSION_3
_OVERRIDES = 0b110  # CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH: root's right to ignore permissions


@contextlib.contextmanager
def permissions_of_anyone() -> Iterator[None]:
    """Within it the permissions of files count for root too, in this thread and in those that it starts."""
    if os.geteuid() != 0:
        yield
        return
    libc = ctypes.CDLL(None, use_errno=True)
    header = (ctypes.c_uint32 * 2)(_CAPABILITIES, 0)
    before = (ctypes.c_uint32 * 6)()
    assert libc.capget(header, before) == 0
    reduced = (ctypes.c_uint32 * 6)(*before)
    reduced[0] &= ~_OVERRIDES
    assert libc.capset(header, reduced) == 0
    try:
        yield
    finally:
        assert libc.capset(header, before) == 0


@contextlib.contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """Within it nothing in the folder can be written, by root neither."""
    paths = [folder, *folder.rglob("*")]
    modes = {path: path.stat().st_mode for path in paths}
    for path in paths:
        path.chmod(0o555 if path.is_dir() else 0o444)
    try:
        with permissions_of_anyone():
            yield
    finally:
        for path in paths:
            path.chmod(modes[path])


@contextlib.contextmanager
def store_with_another_clock() -> Iterator[str]:
    """URL of an S3 server whose clock is two hours ahead: it refuses a request that was signed too long ago, as AWS does."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            now = datetime.now(UTC) + SKEW
            signed = datetime.strptime(self.headers["X-Amz-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
            code = "RequestTimeTooSkewed" if abs(now - signed) > _ALLOWED else "NoSuchKey"
            body = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>signed {signed}</Message></Error>".encode()
            self.send_response_only(403 if code == "RequestTimeTooSkewed" else 404)
            self.send_header("Date", format_datetime(now, usegmt=True))
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextlib.contextmanager
def silent_server() -> Iterator[str]:
    """Address of a server that accepts connections and answers nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"127.0.0.1:{listening.getsockname()[1]}"


def make_newer(database: Path) -> None:
    """As a later coin_models, with one more migration, leaves the tables."""
    with contextlib.closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("UPDATE coin_models_revision SET version_num = '9999'")

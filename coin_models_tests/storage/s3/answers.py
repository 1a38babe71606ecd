"""A store on loopback that answers every request alike, settings that point at it, and variables of other projects."""

import os
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from pydantic import SecretStr

from coin_models.settings.root import Settings


@contextmanager
def answering(
    status: int, body: str, headers: Mapping[str, str] = {}, *, tls: ssl.SSLContext | None = None
) -> Iterator[str]:
    """A store that answers every request alike; yields its URL."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"  # answers `Expect: 100-continue`, for which boto3 would wait for a second

        def _serve(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Connection", "close")
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body.encode())

        do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = _serve  # noqa: N815 - http.server's names

        def log_message(self, *_arguments: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"{'http' if tls is None else 'https'}://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def settings_at(url: str, **more: object) -> Settings:
    return Settings(
        source="demo",
        store_url="s3://coins",
        store_endpoint_url=url,
        store_access_key_id=SecretStr("planted-id"),
        store_secret_access_key=SecretStr("planted-secret"),
        **more,  # type: ignore[arg-type]
    )


@contextmanager
def variables(**given: str) -> Iterator[None]:
    kept = dict(os.environ)
    os.environ.update(given)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(kept)

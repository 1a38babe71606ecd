"""An HTTP proxy on loopback, in front of the real S3 server, that injects the faults of a test."""

import http.client
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit


@dataclass(frozen=True, kw_only=True)
class Request:
    method: str
    path: str
    headers: frozenset[str]  # their names, in small letters
    number: int  # from 1, over all requests of the proxy


@dataclass(frozen=True, kw_only=True)
class Answer:
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    length: int | None = None  # announced, where it is not the body's


Behaviour = Callable[[Request, Callable[[], Answer]], Answer]
"""Answers a request, perhaps by calling the second argument, which asks the real server."""


def honest(_request: Request, forward: Callable[[], Answer]) -> Answer:
    return forward()


def error(status: int, code: str, *, headers: tuple[tuple[str, str], ...] = ()) -> Answer:
    """An answer as S3 gives it."""
    body = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>said the proxy</Message></Error>".encode()
    return Answer(status=status, headers=(("Content-Type", "application/xml"), *headers), body=body)


def cut_short(answer: Answer) -> Answer:
    """The connection breaks half way through the body."""
    return replace(answer, body=answer.body[: len(answer.body) // 2], length=len(answer.body))


def flipped(answer: Answer) -> Answer:
    """One bit of the body is another."""
    return replace(answer, body=bytes([answer.body[0] ^ 1]) + answer.body[1:])


class S3Proxy:
    """Forwards to `target_url`, as `behaviour` says."""

    def __init__(self, target_url: str) -> None:
        self.behaviour: Behaviour = honest
        self.requests: list[Request] = []
        self._target = urlsplit(target_url).netloc
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @contextmanager
    def running(self) -> Iterator["S3Proxy"]:
        thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()
            thread.join()

    def _answer(self, handler: BaseHTTPRequestHandler) -> Answer:
        length = int(handler.headers.get("Content-Length") or 0)
        body = handler.rfile.read(length)
        with self._lock:
            names = frozenset(name.lower() for name in handler.headers)
            number = len(self.requests) + 1
            request = Request(method=handler.command, path=handler.path, headers=names, number=number)
            self.requests.append(request)
        return self.behaviour(request, lambda: self._forward(request, dict(handler.headers), body))

    def _forward(self, request: Request, headers: dict[str, str], body: bytes) -> Answer:
        connection = http.client.HTTPConnection(self._target, timeout=20)
        try:
            # The Host that the client signed is kept: the server checks the signature against it.
            connection.request(request.method, request.path, body, headers)
            answer = connection.getresponse()
            content = answer.read()
            kept = [(k, v) for k, v in answer.getheaders() if k.lower() not in ("content-length", "transfer-encoding")]
            length = int(answer.headers["Content-Length"]) if request.method == "HEAD" else None
            return Answer(status=answer.status, headers=tuple(kept), body=content, length=length)
        finally:
            connection.close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _serve(self) -> None:
                answer = proxy._answer(self)
                self.send_response_only(answer.status)
                for name, value in answer.headers:
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer.body) if answer.length is None else answer.length))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(answer.body)
                    self.close_connection = answer.length is not None

            do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = _serve  # noqa: N815 - http.server's names

            def log_message(self, *_arguments: object) -> None:
                """Nothing: the tests look at `requests`."""

        return Handler

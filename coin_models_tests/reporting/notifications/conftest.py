"""Fixtures: a fixed clock, and an HTTP server that collects requests."""

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from coin_models.clock import FixedClock
from coin_models.db.engine import Database
from coin_models_tests.reporting.notifications.outboxes import PostOffice


class Collector:
    """A server on loopback that keeps each JSON body, and answers with an error while it is down."""

    def __init__(self) -> None:
        self.bodies: list[dict[str, object]] = []
        self.paths: list[str] = []
        self.is_down = False
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                text = self.rfile.read(int(self.headers["Content-Length"])).decode()
                body = json.loads(text) if text.startswith("{") else {"text": text}
                if not collector.is_down:
                    collector.paths.append(self.path)
                    collector.bodies.append(body)
                self.send_response(503 if collector.is_down else 200)
                self.end_headers()
                self.wfile.write(b'{"ok": true, "result": {}}')

            def log_message(self, *_: object) -> None:
                """Quiet."""

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        return self._server.server_port

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def collector() -> Iterator[Collector]:
    running = Collector()
    yield running
    running.close()


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(datetime(2025, 3, 2, 2, tzinfo=UTC))


@pytest.fixture
def post(database: Database, clock: FixedClock) -> PostOffice:
    return PostOffice(database, clock)

"""A Bot API on loopback: gives the updates that a test queues, keeps what is sent, and refuses another token."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

TOKEN = "123456:planted-token-secret"
CHAT = 42


class TelegramServer:
    """Its updates, and what it was sent."""

    def __init__(self) -> None:
        self.updates: list[dict[str, Any]] = []
        self.sent: list[dict[str, Any]] = []
        self.num_failures = 0  # of the next requests
        fake = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                content = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                status, result = fake.answered(self.path, content)
                body = json.dumps({"ok": status == 200, "result": result}).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Quiet."""

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def answered(self, path: str, content: dict[str, Any]) -> tuple[int, Any]:
        _, bot, method = path.split("/")
        if bot != f"bot{TOKEN}":
            return 401, None
        if self.num_failures:
            self.num_failures -= 1
            return 502, None
        if method == "sendMessage":
            self.sent.append(content)
            return 200, {}
        self.updates = [update for update in self.updates if update["update_id"] >= content["offset"]]
        return 200, self.updates

    def write(self, text: str, *, chat: int = CHAT) -> None:
        """Someone writes to the bot."""
        number = 100 + len(self.updates)
        self.updates.append({"update_id": number, "message": {"chat": {"id": chat}, "text": text}})

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@contextmanager
def telegram() -> Iterator[TelegramServer]:
    server = TelegramServer()
    try:
        yield server
    finally:
        server.close()

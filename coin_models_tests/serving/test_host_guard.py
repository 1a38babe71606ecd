"""The guard of every server of ours; the UI's, which rests on it, is tested in defs/test_request_guard.py."""

import asyncio
from collections.abc import MutableMapping
from typing import Any

import pytest
from starlette.responses import PlainTextResponse

from coin_models.serving.host_guard import HostGuard


def answer(host: str, origin: str | None = None) -> tuple[int, str]:
    """Status and text of the answer to one request."""
    sent: list[MutableMapping[str, Any]] = []

    async def receive() -> MutableMapping[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    headers = [(b"host", host.encode())] + ([] if origin is None else [(b"origin", origin.encode())])
    scope = {"type": "http", "method": "GET", "path": "/", "headers": headers, "server": ("127.0.0.1", 8000)}
    guard = HostGuard(PlainTextResponse("served"), hosts=["API.example.org"], advice="use another address")
    asyncio.run(guard(scope, receive, send))
    return sent[0]["status"], b"".join(message["body"] for message in sent[1:]).decode()


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost", "[::1]:8000", "api.EXAMPLE.org"])
def test_its_own_hosts_are_served(host: str) -> None:
    assert answer(host) == (200, "served")
    assert answer(host, f"http://{host}") == (200, "served")


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("evil.example", None),
        ("", None),
        ("me@127.0.0.1", None),
        ("127.0.0.1:8000", "null"),
        ("127.0.0.1", "http://evil.example"),
    ],
)
def test_others_are_refused_with_the_advice(host: str, origin: str | None) -> None:
    status, text = answer(host, origin)

    assert status == 403
    assert text.startswith("refused: the request ")
    assert text.endswith(": use another address\n")

"""A body larger than the limit is refused before the application has it, whether its length is announced or not."""

import asyncio
from collections.abc import MutableMapping
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from coin_models.serving.body_limit import BodyLimit


async def _echo(scope: Scope, receive: Receive, send: Send) -> None:
    await PlainTextResponse(await Request(scope, receive).body())(scope, receive, send)


def answer(parts: list[bytes], *, announced: int | None) -> tuple[int, bytes]:
    """Status and text of the answer to a body that comes in these parts."""
    waiting, sent = list(parts), []

    async def receive() -> MutableMapping[str, Any]:
        return {"type": "http.request", "body": waiting.pop(0), "more_body": bool(waiting)}

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    headers = [] if announced is None else [(b"content-length", str(announced).encode())]
    scope = {"type": "http", "method": "POST", "path": "/", "query_string": b"", "headers": headers}
    asyncio.run(BodyLimit(_echo, max_bytes=10)(scope, receive, send))
    return sent[0]["status"], b"".join(message["body"] for message in sent[1:])


def test_a_body_within_the_limit_reaches_the_application_whole() -> None:
    assert answer([b"01234", b"56789"], announced=10) == (200, b"0123456789")
    assert answer([b"01234", b"56789"], announced=None) == (200, b"0123456789")


@pytest.mark.parametrize("announced", [11, None, 1])
def test_a_larger_body_is_refused(announced: int | None) -> None:
    status, text = answer([b"01234", b"567890", b"never read"], announced=announced)

    assert (status, b"larger than 10 bytes: send fewer candles" in text) == (413, True)

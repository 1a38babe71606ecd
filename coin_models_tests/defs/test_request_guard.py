"""The guard before the UI: what another page or another name sends is refused in one sentence, the UI's own passes."""

import asyncio
from collections.abc import MutableMapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import pytest
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from coin_models.defs.request_guard import RequestGuard

_HERE = "127.0.0.1:3000"


@dataclass(frozen=True, kw_only=True)
class _Answer:
    status: int
    text: str
    headers: dict[str, str]


async def _served(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.accept"})
    else:
        await PlainTextResponse("served")(scope, receive, send)


def _sent(scope: Scope, hosts: tuple[str, ...]) -> list[MutableMapping[str, Any]]:
    """What the guard, before an application that serves everything, sends for one request."""
    sent: list[MutableMapping[str, Any]] = []

    async def receive() -> MutableMapping[str, Any]:
        return {"type": "websocket.connect"}

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    asyncio.run(RequestGuard(_served, hosts=hosts)(scope, receive, send))
    return sent


def _ask(
    *hosts: str,
    method: str = "POST",
    host: str = _HERE,
    origin: str | None = None,
    query: str = "",
    server: str = "127.0.0.1",
) -> _Answer:
    start, *rest = _sent(
        _scope("http", host, origin, server) | {"method": method, "query_string": query.encode()}, hosts
    )
    text = b"".join(message["body"] for message in rest).decode()
    return _Answer(
        status=start["status"], text=text, headers={name.decode(): value.decode() for name, value in start["headers"]}
    )


def _scope(kind: str, host: str, origin: str | None, server: str = "127.0.0.1") -> dict[str, Any]:
    headers = [(b"host", host.encode())] + ([] if origin is None else [(b"origin", origin.encode())])
    return {"type": kind, "path": "/graphql", "query_string": b"", "headers": headers, "server": (server, 3000)}


@pytest.mark.parametrize(
    "host", ["127.0.0.1:3000", "localhost:3000", "LOCALHOST", "[::1]:3000", "127.0.0.2", "ui.example.org"]
)
def test_loopback_and_the_names_given_are_served(host: str) -> None:
    assert _ask("ui.example.org", host=host).text == "served"


def test_the_address_at_which_a_request_arrives_is_served() -> None:
    assert _ask(host="10.1.2.3:3000", server="10.1.2.3").text == "served"
    assert _ask(host="10.1.2.4:3000", server="10.1.2.3").status == 403


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:3000",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "",
        "me@localhost",
        "localhost:x",
        "localhost/a",
    ],
)
def test_another_host_is_refused_with_the_setting_that_would_admit_it(host: str) -> None:
    answer = _ask("ui.example.org", method="GET", host=host)

    assert answer.status == 403
    assert answer.text.startswith(f"refused: the request names the host {host!r}, which is not this server")
    assert "COIN_MODELS_OPERATIONS_UI_HOSTS" in answer.text


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    "origin",
    [
        "http://evil.example",
        "http://localhost:3000",
        "http://127.0.0.1:3001",
        "null",
        "file://",
        "http://127.0.0.1:3000.evil.example",
    ],
)
def test_a_page_of_another_origin_is_refused(method: str, origin: str) -> None:
    answer = _ask(method=method, origin=origin)

    assert answer.status == 403
    assert answer.text.startswith(f"refused: the request comes from a page of {origin!r}")


@pytest.mark.parametrize("origin", ["http://127.0.0.1:3000", "https://ui.example.org"])
def test_the_uis_own_pages_are_served_also_behind_a_proxy_that_changes_the_host(origin: str) -> None:
    assert _ask("ui.example.org", origin=origin).text == "served"


@pytest.mark.parametrize(
    "query",
    [
        "mutation { setNuxSeen }",
        "query A { a }  mutation B { b }",
        "# a comment\nmutation B { b }",
        "fragment F on M { a } mutation { ...F }",
        "mutation { unreadable",
    ],
)
def test_a_mutation_by_get_is_not_allowed(query: str) -> None:
    answer = _ask(method="GET", query=f"query={quote(query)}")

    assert (answer.status, answer.headers["allow"]) == (405, "POST")
    assert answer.text == "refused: a GraphQL mutation is accepted by POST only\n"


@pytest.mark.parametrize(
    "query", ["{ version }", 'query A { runs(word: "mutation") { a } }', "query A { mutation }", "{"]
)
def test_a_query_by_get_is_served(query: str) -> None:
    assert _ask(method="GET", query=f"query={quote(query)}").text == "served"


@pytest.mark.parametrize(("host", "origin"), [(_HERE, "http://evil.example"), ("evil.example", None)])
def test_a_websocket_of_a_foreign_page_or_host_is_refused_before_it_opens(host: str, origin: str | None) -> None:
    (sent,) = _sent(_scope("websocket", host, origin), ())

    assert sent["type"] == "websocket.close"


def test_a_websocket_of_the_uis_own_page_opens() -> None:
    assert _sent(_scope("websocket", _HERE, f"http://{_HERE}"), ()) == [{"type": "websocket.accept"}]

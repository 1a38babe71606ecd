"""Refuses what another web page sends to the UI's server: a foreign Host, a foreign Origin, a mutation by GET.

The web server has no login, so whatever reaches it may launch and delete. A browser lets any page send requests to loopback,
and a page whose name resolves to loopback (DNS rebinding) may read the answers too. Pure ASGI, without dagster: who may log in
is a proxy's business (docs/deploy.md).
"""

import ipaddress
from collections.abc import Collection
from urllib.parse import parse_qs, urlsplit

from graphql import GraphQLError, OperationDefinitionNode, OperationType, parse
from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket

_SETTING = "COIN_MODELS_OPERATIONS_UI_HOSTS"


class RequestGuard:
    """ASGI middleware; the innermost application sees only requests of the UI's own pages and of programs."""

    def __init__(self, app: ASGIApp, *, hosts: Collection[str]) -> None:
        self._app = app
        self._hosts = frozenset(host.lower() for host in hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes the request on, or answers it with one sentence and 403 or 405."""
        refusal = self._refusal(scope) if scope["type"] in ("http", "websocket") else None
        if refusal is None:
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            await refusal(scope, receive, send)
        else:
            await WebSocket(scope, receive, send).close(code=1008)  # before it is accepted: the server answers with 403

    def _refusal(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        hosts, origins = headers.getlist("host"), headers.getlist("origin")
        host = hosts[0] if len(hosts) == 1 else ""
        if not self._is_own(host, scope):
            return _refused(403, f"the request names the host {_quoted(host)}, which is not this server: {_advice()}")
        if any(not self._is_same(origin, host) for origin in origins):
            return _refused(403, f"the request comes from a page of {_quoted(origins[0])}: {_advice()}")
        if scope["type"] == "http" and scope["method"] == "GET" and _mutates(scope):
            return _refused(405, "a GraphQL mutation is accepted by POST only", Allow="POST")
        return None

    def _is_own(self, netloc: str, scope: Scope) -> bool:
        """Whether it is a name given, loopback, or the address at which the request arrived: no name that DNS may move."""
        name = _name_of(netloc)
        if name is None:
            return False
        server = scope.get("server")
        return name in self._hosts or _is_loopback(name) or (server is not None and name == str(server[0]).lower())

    def _is_same(self, origin: str, host: str) -> bool:
        """Whether the page is this server's own: its host and port are the Host, or its name is given (behind a proxy)."""
        parts = urlsplit(origin) if "://" in origin else None
        if parts is None or parts.scheme not in ("http", "https"):
            return False  # also the origin `null` of sandboxed frames and files
        return parts.netloc.lower() == host.lower() or _name_of(parts.netloc) in self._hosts


def _mutates(scope: Scope) -> bool:
    """Whether any operation of the query is a mutation; what cannot be read is left to the server, which refuses it."""
    queries = parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True).get("query", [])
    return any(map(_holds_mutation, queries))


def _holds_mutation(query: str) -> bool:
    try:
        operations = parse(query, max_tokens=10_000).definitions
    except (GraphQLError, RecursionError):
        return "mutation" in query
    return any(isinstance(op, OperationDefinitionNode) and op.operation is OperationType.MUTATION for op in operations)


def _name_of(netloc: str) -> str | None:
    """The host's name without port and brackets, in small letters; None where it is none."""
    try:
        parts = urlsplit(f"//{netloc}")
        parts.port  # noqa: B018 -- raises ValueError where it is no number
    except ValueError:
        return None
    is_host = bool(netloc) and parts.netloc == netloc and "@" not in netloc
    return parts.hostname if is_host else None


def _is_loopback(name: str) -> bool:
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return name == "localhost"


def _refused(status: int, sentence: str, **headers: str) -> Response:
    return PlainTextResponse(f"refused: {sentence}\n", status_code=status, headers=headers)


def _advice() -> str:
    return f"open the UI by an address that it listens on, or add the name to {_SETTING} if a proxy serves it"


def _quoted(text: str) -> str:
    return repr(text[:80])

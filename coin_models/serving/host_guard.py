"""Refuses requests that a server's own pages do not send: another Host, or an Origin of another site.

A browser lets any page send requests to loopback, and a page whose name resolves to loopback (DNS rebinding) may read the
answers too. Pure ASGI.
"""

from collections.abc import Collection
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket

from coin_models.serving.addresses import is_loopback


class HostGuard:
    """ASGI middleware; the innermost application sees only requests of its own pages and of programs."""

    def __init__(self, app: ASGIApp, *, hosts: Collection[str], advice: str) -> None:
        """`hosts` are accepted beside loopback and the address of arrival; `advice` ends the sentence of a refusal."""
        self._app, self._advice = app, advice
        self._hosts = frozenset(host.lower() for host in hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes the request on, or answers it with one sentence."""
        refusal = self.refusal(scope) if scope["type"] in ("http", "websocket") else None
        if refusal is None:
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            await refusal(scope, receive, send)
        else:
            await WebSocket(scope, receive, send).close(code=1008)  # before it is accepted: the server answers with 403

    def refusal(self, scope: Scope) -> Response | None:
        """The answer to a request that is not accepted."""
        headers = Headers(scope=scope)
        hosts, origins = headers.getlist("host"), headers.getlist("origin")
        host = hosts[0] if len(hosts) == 1 else ""
        if not self._is_own(host, scope):
            return refused(403, f"the request names the host {_quoted(host)}, which is not this server: {self._advice}")
        if any(not self._is_same(origin, host) for origin in origins):
            return refused(403, f"the request comes from a page of {_quoted(origins[0])}: {self._advice}")
        return None

    def _is_own(self, netloc: str, scope: Scope) -> bool:
        """Whether it is a name given, loopback, or the address at which the request arrived: no name that DNS may move."""
        name = _name_of(netloc)
        if name is None:
            return False
        server = scope.get("server")
        return name in self._hosts or is_loopback(name) or (server is not None and name == str(server[0]).lower())

    def _is_same(self, origin: str, host: str) -> bool:
        """Whether the page is this server's own: its host and port are the Host, or its name is given (behind a proxy)."""
        parts = urlsplit(origin) if "://" in origin else None
        if parts is None or parts.scheme not in ("http", "https"):
            return False  # also the origin `null` of sandboxed frames and files
        return parts.netloc.lower() == host.lower() or _name_of(parts.netloc) in self._hosts


def refused(status: int, sentence: str, **headers: str) -> Response:
    """The answer to a request that is not accepted."""
    return PlainTextResponse(f"refused: {sentence}\n", status_code=status, headers=headers)


def _name_of(netloc: str) -> str | None:
    """The host's name without port and brackets, in small letters; None where it is none."""
    try:
        parts = urlsplit(f"//{netloc}")
        parts.port  # noqa: B018 -- raises ValueError where it is no number
    except ValueError:
        return None
    is_host = bool(netloc) and parts.netloc == netloc and "@" not in netloc
    return parts.hostname if is_host else None


def _quoted(text: str) -> str:
    return repr(text[:80])

"""Refuses what another web page sends to the UI's server: a foreign Host, a foreign Origin, a mutation by GET.

The web server has no login, so whatever reaches it may launch and delete. Pure ASGI, without dagster: who may log in is a
proxy's business (docs/deploy.md). Hosts and origins are `serving/host_guard.py`'s.
"""

from collections.abc import Collection
from urllib.parse import parse_qs

from graphql import GraphQLError, OperationDefinitionNode, OperationType, parse
from starlette.responses import Response
from starlette.types import ASGIApp, Scope

from coin_models.serving.host_guard import HostGuard, refused

_ADVICE = "open the UI by an address that it listens on, or add the name to COIN_MODELS_OPERATIONS_UI_HOSTS if a proxy serves it"


class RequestGuard(HostGuard):
    """The guard of the UI, which also refuses mutations by GET."""

    def __init__(self, app: ASGIApp, *, hosts: Collection[str]) -> None:
        super().__init__(app, hosts=hosts, advice=_ADVICE)

    def refusal(self, scope: Scope) -> Response | None:
        """The answer to a request that is not accepted."""
        refusal = super().refusal(scope)
        if refusal is None and scope["type"] == "http" and scope["method"] == "GET" and _mutates(scope):
            return refused(405, "a GraphQL mutation is accepted by POST only", Allow="POST")
        return refusal


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

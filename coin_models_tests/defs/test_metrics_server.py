"""/metrics answers Prometheus, behind the guard; a database that does not answer is 503 and one sentence."""

import asyncio
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from coin_models.db.opening import open_database
from coin_models.defs.metrics_server import metrics_app
from coin_models.settings.root import Settings


def get(
    settings: Settings, path: str = "/metrics", *, method: str = "GET", host: str = "127.0.0.1:9464", origin: str = ""
) -> tuple[int, str, str]:
    """Status, type and text of the answer to one request."""
    sent: list[MutableMapping[str, Any]] = []

    async def receive() -> MutableMapping[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    headers = [(b"host", host.encode()), *([(b"origin", origin.encode())] if origin else [])]
    scope = {
        "type": "http", "method": method, "path": path, "raw_path": path.encode(), "root_path": "", "query_string": b"",
        "headers": headers, "server": ("127.0.0.1", 9464),
    }  # fmt: skip
    asyncio.run(metrics_app(settings, ["metrics.example.org"])(scope, receive, send))
    kind = dict(sent[0]["headers"]).get(b"content-type", b"").decode()
    return sent[0]["status"], kind, b"".join(message["body"] for message in sent[1:]).decode()


def test_the_figures_come_as_prometheus_reads_them(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    open_database(settings).close()

    status, kind, text = get(settings)

    assert (status, kind) == (200, "text/plain; version=0.0.4; charset=utf-8")
    assert "\ncoin_models_coins 20.0\n" in text


def test_another_host_another_page_and_another_path_are_refused(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    open_database(settings).close()

    assert get(settings, host="metrics.example.org")[0] == 200
    assert get(settings, host="evil.example")[0] == 403
    assert get(settings, origin="http://evil.example")[0] == 403
    assert get(settings, "/graphql")[0] == 404
    assert get(settings, method="POST")[0] == 405


def test_a_database_that_does_not_answer_is_503_and_one_sentence_without_its_password(tmp_path: Path) -> None:
    url = "postgresql://user:hunter22@127.0.0.1:9/none"
    settings = Settings(home=tmp_path, source="demo", database_url=SecretStr(url))

    status, _, text = get(settings)

    assert (status, len(text.splitlines())) == (503, 1)
    assert "hunter22" not in text

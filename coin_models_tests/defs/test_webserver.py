"""Dagster's real web server behind the guard, on loopback, with no code location: it starts within seconds."""

import http.client
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from coin_models.defs.servers import WEBSERVER
from coin_models_tests.defs.webservers import LOG, guarded_webserver, webserver_environment

_MUTATION = "mutation { setNuxSeen }"
_HANDSHAKE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
    "Sec-WebSocket-Protocol": "graphql-ws",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("dagster")


@pytest.fixture(scope="module")
def port(folder: Path) -> Iterator[int]:
    names = {"COIN_MODELS_OPERATIONS_UI_HOSTS": "ui.example.org", "COIN_MODELS_LOG_FORMAT": "json"}
    with guarded_webserver(folder, "--read-only", "--path-prefix", "/ui", **names) as port:
        yield port


def _request(port: int, method: str, path: str, body: str | None = None, **headers: str) -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        return answer.status, "" if answer.status == 101 else answer.read().decode()
    finally:
        connection.close()


def _post(port: int, query: str, **headers: str) -> tuple[int, str]:
    return _request(
        port, "POST", "/ui/graphql", json.dumps({"query": query}), Content_Type="application/json", **headers
    )


@pytest.mark.parametrize("path", ["/reports/", "/ui/reports/"])
def test_the_reports_are_there_with_and_without_the_prefix_behind_the_same_door(port: int, path: str) -> None:
    status, text = _request(port, "GET", path)

    assert (status, "nothing was trained there yet" in text) == (503, True)
    assert _request(port, "GET", path, Host="evil.example")[0] == 403


def test_the_metrics_have_a_path_of_their_own_beside_the_pages(port: int) -> None:
    status, text = _request(port, "GET", "/metrics")

    assert (status, "nothing was trained there yet" in text) == (503, True)
    assert _request(port, "GET", "/metrics", Host="evil.example")[0] == 403


def test_a_page_of_the_ui_reads_below_its_prefix(port: int) -> None:
    status, text = _post(port, "{ version }", Origin=f"http://127.0.0.1:{port}")

    assert (status, list(json.loads(text)["data"])) == (200, ["version"])
    assert _post(port, "{ version }", Host="ui.example.org", Origin="https://ui.example.org")[0] == 200


def test_a_foreign_page_and_a_foreign_name_are_refused(port: int) -> None:
    assert _post(port, "{ version }", Origin="http://evil.example")[0] == 403
    assert _post(port, "{ version }", Host="evil.example")[0] == 403
    assert _request(port, "GET", "/ui/runs", Host="evil.example")[0] == 403


def test_a_mutation_by_get_is_not_executed(port: int) -> None:
    assert _request(port, "GET", f"/ui/graphql?query={quote(_MUTATION)}") == (
        405,
        "refused: a GraphQL mutation is accepted by POST only\n",
    )


def test_the_websocket_opens_for_the_uis_own_page_alone(port: int) -> None:
    assert _request(port, "GET", "/ui/graphql", **_HANDSHAKE, Origin=f"http://127.0.0.1:{port}")[0] == 101
    assert _request(port, "GET", "/ui/graphql", **_HANDSHAKE, Origin="http://evil.example")[0] == 403
    assert _request(port, "GET", "/ui/graphql", **_HANDSHAKE, Host="evil.example")[0] == 403


def test_a_read_only_ui_reports_no_materialization(port: int) -> None:
    status, text = _request(
        port, "POST", "/ui/report_asset_materialization/model/BTC", "{}", Content_Type="application/json"
    )

    assert (status, "Not authorized" in text) == (401, True)


def test_where_logs_are_json_each_line_is_an_object(port: int, folder: Path) -> None:
    lines = (folder / LOG).read_text().splitlines()

    assert any(f"Serving dagster-webserver on http://127.0.0.1:{port}/ui" in str(json.loads(line)) for line in lines)


def test_settings_that_cannot_be_read_are_one_sentence(tmp_path: Path) -> None:
    environment = webserver_environment(tmp_path, COIN_MODELS_OPERATIONS_UI_HOSTS="http://ui.example.org")
    ran = subprocess.run(
        [sys.executable, "-m", WEBSERVER], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )

    assert ran.returncode == 2
    assert ran.stderr.startswith(
        "error: 1 problem(s) in the settings: operations: ui_hosts: 'http://ui.example.org' are not names of hosts"
    )

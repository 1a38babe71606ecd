"""The UI's server against another page in a real browser: what it sends is refused, what the UI's own page sends is not."""

import functools
import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Page, sync_playwright

from coin_models_tests.browser.chromium import FLAGS, find_chromium
from coin_models_tests.defs.webservers import guarded_webserver

pytestmark = [
    pytest.mark.proof,
    pytest.mark.skipif(find_chromium() is None, reason="there is no chromium on the path"),
]

_FOREIGN = "foreign.example"  # which the browser resolves to loopback, as a name under an attacker's control may
_MUTATION = "mutation { setNuxSeen }"
_POST = """async ([url, kind, query]) => {
  const body = kind === 'application/json' ? JSON.stringify({query}) : query;
  const target = kind === 'text/plain' ? url + '?query=' + encodeURIComponent(query) : url;
  const mode = kind === 'text/plain' ? 'no-cors' : 'cors';
  try { await fetch(target, {method: 'POST', mode, headers: {'Content-Type': kind}, body}); }
  catch (error) { return String(error); }
}"""
_SOCKET = """url => new Promise(done => {
  const socket = new WebSocket(url, 'graphql-ws');
  socket.onopen = () => done('open');
  socket.onerror = () => done('refused');
})"""


@contextmanager
def _foreign_page(folder: Path) -> Iterator[int]:
    (folder / "index.html").write_text("<p>a page of another site</p>")
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


@pytest.fixture(scope="module")
def ui(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with guarded_webserver(tmp_path_factory.mktemp("dagster")) as port:
        yield port


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with sync_playwright() as playwright:
        rules = f"--host-resolver-rules=MAP {_FOREIGN} 127.0.0.1"
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=[*FLAGS, rules])
        yield browser.new_page()
        browser.close()


def _status_of_post(page: Page, url: str, kind: str) -> int:
    with page.expect_response(lambda response: response.request.method == "POST") as answer:
        page.evaluate(_POST, [url, kind, _MUTATION])
    return answer.value.status


def test_a_foreign_page_can_neither_post_nor_open_a_websocket(page: Page, ui: int, tmp_path: Path) -> None:
    with _foreign_page(tmp_path) as foreign:
        page.goto(f"http://{_FOREIGN}:{foreign}/index.html")

        for host in ("127.0.0.1", _FOREIGN):
            assert _status_of_post(page, f"http://{host}:{ui}/graphql", "text/plain") == 403
            assert page.evaluate(_SOCKET, f"ws://{host}:{ui}/graphql") == "refused"


def test_a_name_that_resolves_to_loopback_is_no_way_in(page: Page, ui: int) -> None:
    answer = page.goto(f"http://{_FOREIGN}:{ui}/runs")

    assert answer is not None
    assert answer.status == 403
    assert "which is not this server" in page.inner_text("body")


def test_a_link_carries_no_mutation(page: Page, ui: int) -> None:
    answer = page.request.get(f"http://127.0.0.1:{ui}/graphql", params={"query": _MUTATION})

    assert answer.status == 405


def test_the_uis_own_page_posts_and_opens_its_websocket(page: Page, ui: int) -> None:
    page.goto(f"http://127.0.0.1:{ui}/server_info")

    assert _status_of_post(page, f"http://127.0.0.1:{ui}/graphql", "application/json") == 200
    assert page.evaluate(_SOCKET, f"ws://127.0.0.1:{ui}/graphql") == "open"

"""The documentation site: it builds strictly, shows each page as GitHub does, and loads nothing from another host."""

import functools
import re
import threading
from collections import Counter
from collections.abc import Iterator
from html.parser import HTMLParser
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from coin_models_tests.browser.chromium import browsing, find_chromium
from coin_models_tests.docs.pages import blocks, pages
from coin_models_tests.docs.reference import REPOSITORY
from coin_models_tests.docs.sites import SITE, build_site

_COUNTED = ("h1", "h2", "h3", "ul", "ol", "li", "blockquote", "tr", "th", "td", "pre", "img")
_LOADING = {"script": "src", "link": "href", "img": "src", "iframe": "src", "source": "src", "object": "data"}
_STYLE_URL = re.compile(r"(?:url\(|@import)\s*[\"']?(https?:)?//")


class Elements(HTMLParser):
    """How often each element is in a page or in its article, and the addresses that a browser loads by itself."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.counts: Counter[str] = Counter()
        self.loaded: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.counts[tag] += 1
        address = dict(attrs).get(_LOADING.get(tag, ""))
        if address:
            self.loaded.append(address)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    built = build_site(folder)
    assert built.returncode == 0, built.stderr
    assert "WARNING" not in built.stderr
    return folder


def built_page(path: Path) -> str:
    """The name of a page's file in the site."""
    name = str(path.relative_to(REPOSITORY))
    by_source: dict[str, str] = {source: uri for uri, source in SITE["PAGES"].items()}
    uri = by_source.get(name, name.removeprefix("docs/"))
    return uri.replace("README.md", "index.md").removesuffix(".md") + ".html"


@pytest.mark.parametrize("path", pages(), ids=built_page)
def test_a_page_has_the_headings_lists_and_tables_that_github_shows(site: Path, path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    shown = Elements(MarkdownIt("commonmark").enable("table").render(text)).counts
    num_diagrams = len(blocks(path, "mermaid"))
    shown["pre"] -= num_diagrams
    shown["img"] += num_diagrams

    page = (site / built_page(path)).read_text(encoding="utf-8")
    article = Elements(page.partition("<article")[2].partition("</article>")[0]).counts

    assert {tag: article[tag] for tag in _COUNTED} == {tag: shown[tag] for tag in _COUNTED}


def test_no_page_loads_anything_from_another_host(site: Path) -> None:
    html = {path: path.read_text(encoding="utf-8") for path in site.rglob("*.html")}
    foreign = [(path.name, url) for path, text in html.items() for url in Elements(text).loaded if "//" in url]
    styles = [path.name for path in site.rglob("*.css") if _STYLE_URL.search(path.read_text(encoding="utf-8"))]
    # The theme's program fetches Mermaid for such an element, and a repository's stars for such another.
    causes = [path.name for path, text in html.items() if 'class="mermaid"' in text or "data-md-source" in text]

    assert len(html) > 100
    assert (foreign, styles, causes) == ([], [], [])


def test_an_example_is_on_the_page_of_examples(site: Path) -> None:
    page = (site / "examples.html").read_text(encoding="utf-8")

    assert [path.name for path in (REPOSITORY / "examples").glob("*.*") if f">{path.name}<" not in page] == []
    assert ">Does the width mean something?<" in page  # of the notebook


def test_a_link_out_of_docs_leads_to_a_page_or_a_copy(site: Path) -> None:
    page = (site / "use-a-model.html").read_text(encoding="utf-8")
    project = (site / "dagster.html").read_text(encoding="utf-8")

    assert 'href="examples.html#backtestpy"' in page
    assert 'href="files/dagster.yaml"' in project
    assert (site / "files/dagster.yaml").read_bytes() == (REPOSITORY / "dagster.yaml").read_bytes()


def test_a_diagram_without_a_drawing_ends_the_build(caplog: pytest.LogCaptureFixture) -> None:
    drawn = SITE["drawing"]("flowchart LR\n  never --> drawn\n", "architecture.md")

    assert drawn.startswith("![Diagram](images/diagrams/")
    assert [record.name for record in caplog.records] == ["mkdocs.hooks.site"]


@pytest.fixture
def address(site: Path) -> Iterator[str]:
    handler = functools.partial(_Quiet, directory=str(site))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    serving = threading.Thread(target=server.serve_forever, daemon=True)
    serving.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    serving.join()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Writes nothing."""


@pytest.mark.proof
@pytest.mark.skipif(find_chromium() is None, reason="needs Chromium")
def test_in_a_browser_no_page_calls_another_host_and_none_is_wider_than_a_phone(site: Path, address: str) -> None:
    wide = []
    shown = [*sorted(site.glob("*.html")), site / "adr/index.html"]  # a decision is text alone
    with browsing(address, width=400, height=800) as browser:
        for path in shown:
            browser.page.goto(f"{address}/{path.relative_to(site)}", wait_until="load")
            if browser.page.evaluate("document.documentElement.scrollWidth") > 400:
                wide.append(path.name)
        browser.page.goto(f"{address}/index.html?q=quarantine", wait_until="load")
        browser.page.wait_for_selector(".md-search-result__item")

    assert browser.strangers == []
    assert wide == []

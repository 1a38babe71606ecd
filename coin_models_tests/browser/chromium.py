"""The system's Chromium, kept to loopback, with a record of what the page asked."""

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Page, Request, Route, sync_playwright

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_QUIET_SECONDS = 2.5


def find_chromium() -> str | None:
    """The program, or None where there is none."""
    return next(
        (program for name in ("chromium", "chromium-browser", "google-chrome") if (program := shutil.which(name))), None
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One GraphQL operation that the page sent, as it ended."""

    operation: str
    seconds: float


@dataclass  # playwright leaves a mark on whose method handles an event: no slots
class Browsing:
    """A page with its requests: to the web server, and to other hosts, which must be none."""

    page: Page
    base: str
    strangers: list[str] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    _pending: dict[Request, float] = field(default_factory=dict)
    _changed: float = 0.0

    def open(self, path: str, *, timeout_seconds: float = 120.0) -> float:
        """Goes there and waits until the page is quiet; seconds to its last answer."""
        began = time.monotonic()
        self._changed = 0.0
        self._pending.clear()  # of the page before: it may never hear how they ended
        self.page.goto(self.base + path, wait_until="domcontentloaded", timeout=timeout_seconds * 1000)
        return self.settle(timeout_seconds=timeout_seconds) - began

    def settle(self, *, timeout_seconds: float = 120.0) -> float:
        """Waits until no GraphQL query is open, or was a moment ago, after one at least; when the last one ended."""
        deadline = time.monotonic() + timeout_seconds
        while time.monotonic() < deadline:
            self.page.wait_for_timeout(100)
            if self._changed and not self._pending and time.monotonic() - self._changed > _QUIET_SECONDS:
                break
        return self._changed

    def shoot(self, path: Path, *, full: bool = False) -> None:
        """Takes a picture."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=path, full_page=full)

    def guard(self, route: Route) -> None:
        """Lets through what goes to loopback, and notes and refuses anything else."""
        url = urlsplit(route.request.url)
        if url.scheme in ("data", "blob", "file") or url.hostname in _LOOPBACK:
            route.continue_()
            return
        self.strangers.append(route.request.url)
        route.abort()

    def began(self, request: Request) -> None:
        if urlsplit(request.url).path.endswith("/graphql"):
            self._pending[request] = self._changed = time.monotonic()

    def ended(self, request: Request) -> None:
        began = self._pending.pop(request, None)
        if began is None:
            return
        self._changed = time.monotonic()
        name = str((request.post_data_json or {}).get("operationName"))
        self.asked.append(Asked(operation=name, seconds=self._changed - began))


@contextmanager
def browsing(base: str, *, width: int = 1500, height: int = 950) -> Iterator[Browsing]:
    """A fresh browser on the web server at `base`, such as http://127.0.0.1:3000."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS)
        page = browser.new_page(viewport={"width": width, "height": height})
        page.set_default_timeout(60_000)
        session = Browsing(page, base)
        page.route("**/*", session.guard)
        page.on("request", session.began)
        page.on("requestfinished", session.ended)
        page.on("requestfailed", session.ended)
        yield session
        browser.close()

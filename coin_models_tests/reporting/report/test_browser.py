"""The page in a real browser: complete on a phone and on a desktop, without errors or requests."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from coin_models.reporting.report.html import render_html
from coin_models_tests.reporting.report.builders import coin_line, full_report

pytestmark = pytest.mark.proof


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("no chromium on this machine")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1300])
def test_the_page_fits_its_window_and_says_nothing_to_the_console(
    browser: Browser, tmp_path: Path, width: int, scheme: str
) -> None:
    (tmp_path / "report.html").write_text(render_html(full_report()), encoding="utf-8")
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)  # type: ignore[arg-type]
    texts: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: texts.append(message.text))
    page.on("request", lambda request: asked.append(request.url))

    page.goto((tmp_path / "report.html").as_uri())

    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert texts == []
    assert [url for url in asked if not url.startswith("file:")] == []
    page.close()


def test_the_page_fits_a_sheet_of_a4(browser: Browser, tmp_path: Path) -> None:
    (tmp_path / "report.html").write_text(render_html(full_report()), encoding="utf-8")
    width = 703  # 210 mm less two margins of 12 mm, at 96 pixels an inch
    page = browser.new_page(viewport={"width": width, "height": 1000})
    page.goto((tmp_path / "report.html").as_uri())
    page.emulate_media(media="print")

    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.close()


def test_light_and_dark_differ_and_both_can_be_read(browser: Browser, tmp_path: Path) -> None:
    (tmp_path / "report.html").write_text(render_html(full_report()), encoding="utf-8")
    grey = "getComputedStyle(document.body).{}.match(/\\d+/g).slice(0, 3).map(Number).reduce((a, b) => a + b) / 3"
    contrast = {}
    for scheme in ("light", "dark"):
        page = browser.new_page(color_scheme=scheme)  # type: ignore[arg-type]
        page.goto((tmp_path / "report.html").as_uri())
        contrast[scheme] = page.evaluate(grey.format("backgroundColor")) - page.evaluate(grey.format("color"))
        page.close()

    assert contrast["light"] > 150
    assert contrast["dark"] < -150


def test_five_hundred_coins_fit_on_a_few_screens_sort_and_filter(browser: Browser, tmp_path: Path) -> None:
    coins = tuple(coin_line(f"C{k}", validation_skill=(k * 7 % 500) / 1000) for k in range(500))
    (tmp_path / "report.html").write_text(render_html(replace(full_report(), coins=coins)), encoding="utf-8")
    page = browser.new_page(viewport={"width": 1300, "height": 900})
    page.goto((tmp_path / "report.html").as_uri())
    first = page.locator("table.sortable").first.locator("tbody tr:visible td:first-child")

    page.get_by_role("button", name="Validation skill").click()
    highest = first.first.inner_text()
    page.get_by_role("searchbox").first.fill("c499")

    assert page.evaluate("document.documentElement.scrollHeight") < 5 * 900
    assert highest == "C357"  # 357 times 7 is 499 beyond a multiple of 500
    assert first.all_inner_texts() == ["C499"]
    page.close()

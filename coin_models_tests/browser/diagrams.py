"""Draws the diagrams of the documentation into docs/images/diagrams: `python -m coin_models_tests.browser.diagrams`.

A page of GitHub draws a Mermaid text itself; the documentation site shows these files, and so loads no program. Mermaid
comes from npm, whose client must be installed, and runs in Chromium. The name of a drawing is that of its text
(the site's hook), so one that no page has any more is removed.
"""

import subprocess
import tarfile
import tempfile
from pathlib import Path

from playwright.sync_api import Page

from coin_models_tests.browser.chromium import browsing
from coin_models_tests.docs.pages import blocks, pages
from coin_models_tests.docs.reference import REPOSITORY
from coin_models_tests.docs.sites import SITE

_MERMAID = "mermaid@11.17.2"
_FOLDER = REPOSITORY / "docs" / SITE["DIAGRAMS"]
_DRAW = """async text => {
  mermaid.initialize({startOnLoad: false, theme: "neutral", htmlLabels: false, flowchart: {htmlLabels: false},
    fontFamily: "sans-serif", deterministicIds: true, deterministicIDSeed: "diagram"});
  document.body.innerHTML = (await mermaid.render("diagram", text)).svg;
  const svg = document.querySelector("svg"), {width, height} = svg.viewBox.baseVal;
  svg.setAttribute("width", Math.ceil(width));  // as large as its letters: "100%" would be as wide as the page
  svg.setAttribute("height", Math.ceil(height));
  svg.setAttribute("style", "background: white");
  return new XMLSerializer().serializeToString(svg);
}"""


def main() -> None:
    """Writes a drawing for each diagram, and removes the others."""
    texts = [text for page in pages() for text in blocks(page, "mermaid")]
    _FOLDER.mkdir(parents=True, exist_ok=True)
    for old in set(_FOLDER.iterdir()) - {_FOLDER / SITE["drawing_name"](text) for text in texts}:
        old.unlink()
    with tempfile.TemporaryDirectory() as folder, browsing("") as browser:
        browser.page.set_content("<html><body></body></html>")
        browser.page.add_script_tag(content=_program(Path(folder)))
        for text in texts:
            (_FOLDER / SITE["drawing_name"](text)).write_text(_draw(browser.page, text), encoding="utf-8")


def _draw(page: Page, text: str) -> str:
    return str(page.evaluate(_DRAW, text)) + "\n"


def _program(folder: Path) -> str:
    subprocess.run(["npm", "pack", "--silent", _MERMAID], cwd=folder, check=True, capture_output=True)
    with tarfile.open(next(folder.glob("*.tgz"))) as package:
        member = package.extractfile("package/dist/mermaid.min.js")
        assert member is not None
        return member.read().decode()


if __name__ == "__main__":
    main()

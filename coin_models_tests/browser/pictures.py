"""Makes the README's pictures from a home that is there: `python -m coin_models_tests.browser.pictures HOME DAY`.

    coin-models retrain --from ... --to ...        (a demo home with a fortnight in it; DAY is its last day)

Stored as WebP, a tenth of a PNG's size. Chromium writes that itself, when asked by its own protocol: Playwright's
`screenshot` knows PNG and JPEG only.
"""

import base64
import os
import sys
from pathlib import Path

from coin_models_tests.browser.chromium import Browsing, browsing
from coin_models_tests.browser.servers import served
from coin_models_tests.proofs.processes import Home

FOLDER = Path(__file__).parents[2] / "docs/images"
COIN, QUALITY = "BTC", 78


def main(home: Path, day: str) -> None:
    """Writes docs/images/*.webp."""
    variables = {name: value for name, value in os.environ.items() if name.startswith("COIN_MODELS_")}
    there = _HomeAt(folder=home.resolve().parent, variables=variables)
    with served(there) as port, browsing(f"http://127.0.0.1:{port}", width=1400, height=820) as browser:
        browser.open(f"/assets/model/{COIN}?view=overview")
        browser.page.get_by_text("Plots", exact=True).click()
        browser.settle()
        browser.page.get_by_text("validation_skill", exact=True).last.scroll_into_view_if_needed()
        browser.page.mouse.move(5, 5)
        browser.page.wait_for_timeout(1000)
        _write(browser, "asset")
        browser.open("/locations/coin_models.definitions/asset-groups/models/lineage")
        _write(browser, "graph")
        page = next((home / "store/reports" / day).glob("*.html"))
        browser.page.goto(page.resolve().as_uri())
        _write(browser, "report")


class _HomeAt(Home):
    """A home that is not called `home`."""

    @property
    def environment(self) -> dict[str, str]:
        plain = {name: value for name, value in os.environ.items() if not name.startswith("COIN_MODELS_")}
        return {**plain, **self.variables}


def _write(browser: Browsing, name: str) -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    session = browser.page.context.new_cdp_session(browser.page)
    shot = session.send("Page.captureScreenshot", {"format": "webp", "quality": QUALITY})
    (FOLDER / f"{name}.webp").write_bytes(base64.b64decode(shot["data"]))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])

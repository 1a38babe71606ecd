"""Makes the pictures of docs/images: `python -m coin_models_tests.browser.pictures`, or `make pictures`.

They are of a demo home in build/pictures, with a fortnight until yesterday, which is trained first: a quarter of an hour.
Interrupted, it continues. A folder and a last day may be named in its place: `pictures FOLDER 2026-11-26`.

Stored as WebP, a tenth of a PNG's size. Chromium writes that itself, when asked by its own protocol: Playwright's
`screenshot` knows PNG and JPEG only.
"""

import base64
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from coin_models_tests.browser.chromium import Browsing, browsing
from coin_models_tests.browser.servers import served
from coin_models_tests.docs.reference import REPOSITORY
from coin_models_tests.proofs.processes import COMMAND, Home

IMAGES = REPOSITORY / "docs/images"
COIN, NUM_DAYS, QUALITY = "BTC", 14, 78


def main(folder: Path, last: date) -> None:
    """Writes docs/images/*.webp."""
    folder.mkdir(parents=True, exist_ok=True)
    home = Home(folder=folder, variables={"COIN_MODELS_SOURCE": "demo"})
    first = last - timedelta(days=NUM_DAYS - 1)
    days = ["--from", str(first), "--to", str(last)]
    subprocess.run([*COMMAND, "retrain", *days], cwd=folder, env=home.environment, check=True)
    with served(home) as port, browsing(f"http://127.0.0.1:{port}", width=1400, height=950) as browser:
        browser.open(f"/assets/model/{COIN}?view=overview")
        browser.page.get_by_text("Plots", exact=True).click()
        browser.settle()
        browser.page.get_by_text("validation_skill", exact=True).last.scroll_into_view_if_needed()
        browser.page.mouse.move(5, 5)
        browser.page.wait_for_timeout(1000)
        _write(browser, "asset")
        browser.open("/locations/coin_models.definitions/asset-groups/models/lineage")
        _write(browser, "graph")
        for name, address in {"report": f"/reports/{last}", "coin": f"/reports/coins/{COIN}"}.items():
            browser.page.goto(browser.base + address)
            _write(browser, name)


def _write(browser: Browsing, name: str) -> None:
    IMAGES.mkdir(parents=True, exist_ok=True)
    session = browser.page.context.new_cdp_session(browser.page)
    shot = session.send("Page.captureScreenshot", {"format": "webp", "quality": QUALITY})
    (IMAGES / f"{name}.webp").write_bytes(base64.b64decode(shot["data"]))


if __name__ == "__main__":
    where = Path(sys.argv[1]) if len(sys.argv) > 1 else REPOSITORY / "build/pictures"
    until = date.fromisoformat(sys.argv[2]) if len(sys.argv) > 2 else datetime.now(UTC).date() - timedelta(days=1)
    main(where.resolve(), until)

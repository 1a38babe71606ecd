"""Times the UI's pages in a real browser, the slowest query of each, and the servers' memory."""

from collections.abc import Mapping
from pathlib import Path

import psutil

from coin_models_tests.browser.chromium import Browsing, browsing
from coin_models_tests.browser.pages import choose_assets
from coin_models_tests.browser.servers import served_process
from coin_models_tests.proofs.processes import Home

_GROUP = "/locations/coin_models.definitions/asset-groups/models/lineage"
_PAGES = {
    "graph": "/asset-groups",
    "group": _GROUP,
    "group_again": _GROUP,
    "partitions": "/assets/model/{coin}?view=partitions",
    "partition": "/assets/model/{coin}?view=partitions&partition={day}",
    "asset": "/assets/model/{coin}?view=overview",
    "checks": "/assets/model/{coin}?view=checks",
    "runs": "/runs",
    "automation": "/automation",
}
_NAMES = {"coin_models.defs.webserver": "web_server", "dagster._daemon": "daemon", "grpc": "code_server"}


def time_pages(folder: Path, environment: Mapping[str, str], coin: str, day: str) -> dict[str, float | str]:
    """Seconds until each page has its last answer, its slowest query, and MiB of each server afterwards."""
    home = Home(folder=folder, variables=environment)
    seconds: dict[str, float | str] = {}
    with served_process(home) as (port, ui), browsing(f"http://127.0.0.1:{port}") as browser:
        for name, path in _PAGES.items():
            seconds |= _time_page(browser, name, path.format(coin=coin, day=day))
        seconds |= _time_dialog(browser, coin)
        seconds |= _memory(ui.pid)
    return seconds


def _time_page(browser: Browsing, name: str, path: str) -> dict[str, float | str]:
    browser.asked.clear()
    seconds = browser.open(path)
    return {f"page_{name}_seconds": seconds, **_slowest(browser, name)}


def _time_dialog(browser: Browsing, coin: str) -> dict[str, float | str]:
    """`Materialize all` of the models and their candles: what the choice of missing days requests."""
    browser.open("/asset-groups")
    choose_assets(browser, f'key:"*/{coin}"')
    browser.asked.clear()
    browser.page.get_by_role("button", name="Materialize").first.click()
    browser.page.get_by_role("dialog").get_by_text("only failed and missing").wait_for()
    browser.settle()
    return _slowest(browser, "materialize_dialog")


def _slowest(browser: Browsing, name: str) -> dict[str, float | str]:
    slowest = max(browser.asked, key=lambda asked: asked.seconds, default=None)
    if slowest is None:
        return {}
    return {f"page_{name}_slowest": f"{slowest.operation} {slowest.seconds:.2f} s of {len(browser.asked)} queries"}


def _memory(process_id: int) -> dict[str, float]:
    sizes: dict[str, float] = {}
    for child in psutil.Process(process_id).children(recursive=True):
        command = " ".join(child.cmdline())
        for part, name in _NAMES.items():
            if part in command:
                key = f"{name}_rss_mib"
                sizes[key] = max(sizes.get(key, 0.0), child.memory_info().rss / 2**20)
    return sizes

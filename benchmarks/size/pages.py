"""Times the UI's pages in a real browser, the slowest query of each, and the servers' memory.

    python -m benchmarks.size.pages --home FOLDER --demo-coins 500 --day 2026-11-26

does it over a home on its embedded default, each page twice, one after the other. What the home's sensors request runs
meanwhile: stop them in *Automation* before.
"""

import argparse
import tempfile
import time
from collections.abc import Mapping, Sequence
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
_OWN_PAGES = {"reports": "/reports/", "report": "/reports/{day}", "coin": "/reports/coins/{coin}"}  # without a query
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


def main(arguments: Sequence[str] | None = None) -> None:
    """Prints the seconds of each page of a home, first and again."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.size.pages", description=(__doc__ or "").split("\n", 1)[0]
    )
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--demo-coins", type=int, default=500)
    parser.add_argument("--coin", default="BTC")
    parser.add_argument("--day", required=True)
    options = parser.parse_args(arguments)
    variables = {"COIN_MODELS_SOURCE": "demo", "COIN_MODELS_MARKET_DEMO_COINS": str(options.demo_coins)}
    with tempfile.TemporaryDirectory(prefix="coin-models-pages-") as folder:
        (Path(folder) / "home").symlink_to(options.home.resolve())
        home = Home(folder=Path(folder), variables=variables)
        with served_process(home) as (port, ui), browsing(f"http://127.0.0.1:{port}") as browser:
            for name, path in (_OWN_PAGES | _PAGES).items():
                address = path.format(coin=options.coin, day=options.day)
                seconds_to_open = _seconds_to_load if name in _OWN_PAGES else Browsing.open
                first, again = seconds_to_open(browser, address), seconds_to_open(browser, address)
                print(f"{name:12s} {first:6.2f} s, again {again:6.2f} s", flush=True)
            print(", ".join(f"{name} {size:.0f}" for name, size in _memory(ui.pid).items()))


def _seconds_to_load(browser: Browsing, path: str) -> float:
    began = time.monotonic()
    browser.page.goto(f"{browser.base}{path}", wait_until="load")
    return time.monotonic() - began


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


if __name__ == "__main__":
    main()

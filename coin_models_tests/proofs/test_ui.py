"""The UI in a real browser: what is clicked is trained, and nothing else; only loopback is contacted."""

import os
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from coin_models_tests.browser.chromium import Browsing, browsing, find_chromium
from coin_models_tests.browser.pages import cancel_run, choose_assets, launch, open_materialize, run_ids, run_status
from coin_models_tests.browser.servers import attempts, served, versions
from coin_models_tests.proofs.processes import Home, graphql, small_home, wait_for

pytestmark = [
    pytest.mark.proof,
    pytest.mark.timeout(600),
    pytest.mark.skipif(find_chromium() is None, reason="there is no chromium on the path"),
]

SCREENSHOTS = "COIN_MODELS_TESTS_SCREENSHOTS"  # a folder for the pictures; unset: pytest's own
TODAY = datetime.now(UTC).date()
FIRST_DAY = TODAY - timedelta(days=88)  # the dialog shows the last 90 days
# None of them within the days that the resume sensor looks after.
BY_CLICK, BEFOREHAND, CANCELLED, READ, CHECKED = (TODAY - timedelta(days=back) for back in (40, 30, 86, 10, 50))
LONG = timedelta(days=29)  # of the run that is cancelled: half a minute on a quick machine


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return small_home(
        tmp_path_factory.mktemp("browser"),
        COIN_MODELS_OPERATIONS_FIRST_DAY=FIRST_DAY.isoformat(),
        COIN_MODELS_TRAINING_EPOCHS="80",  # a second: long enough to be cancelled in
        COIN_MODELS_TRAINING_INCREMENTAL_EPOCHS="80",
    )


@pytest.fixture(scope="module")
def browser(home: Home) -> Iterator[Browsing]:
    with served(home) as port, browsing(f"http://127.0.0.1:{port}") as browsed:
        yield browsed


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = Path(os.environ.get(SCREENSHOTS) or tmp_path_factory.mktemp("screenshots"))
    print(f"screenshots: {folder}")  # noqa: T201 - shown by `pytest -rP`
    return folder


def test_the_graph_shows_the_groups_and_each_coins_assets(browser: Browsing, pictures: Path) -> None:
    browser.open("/asset-groups")
    for group in ("market", "models", "trading", "report"):
        browser.page.get_by_text(group, exact=True).last.wait_for()
    browser.shoot(pictures / "groups.png")
    choose_assets(browser, 'group:"models"')
    browser.shoot(pictures / "graph.png")

    for coin in ("BTC", "ETH"):
        assert browser.page.get_by_text(coin, exact=True).last.is_visible()


def test_a_day_of_one_coin_launched_by_clicking_ends_in_the_registry(
    browser: Browsing, home: Home, pictures: Path
) -> None:
    before = versions(home)
    browser.open("/asset-groups")
    choose_assets(browser, 'key:"*/BTC"')
    open_materialize(browser, f"[{BY_CLICK}...{BY_CLICK}]")
    browser.shoot(pictures / "materialize.png")
    launch(browser)
    wait_for("the model", lambda: versions(home) != before)
    browser.open(f"/assets/model/BTC?view=partitions&partition={BY_CLICK}")
    browser.shoot(pictures / "partition.png", full=True)

    assert versions(home) - before == {("BTC", BY_CLICK): 1}


def test_missing_only_over_a_range_trains_only_what_is_missing(browser: Browsing, home: Home, pictures: Path) -> None:
    home.run("retrain", "--day", BEFOREHAND.isoformat(), "--coins", "BTC")
    last = BEFOREHAND + timedelta(days=1)
    browser.open("/asset-groups")
    choose_assets(browser, 'key:"candles/*" or key:"model/*"')
    open_materialize(browser, f"[{BEFOREHAND}...{last}]", only_missing=True)
    browser.shoot(pictures / "missing-only.png")
    launch(browser)
    wanted = {(coin, day): 1 for coin in ("BTC", "ETH") for day in (BEFOREHAND, last)}
    wait_for("the models", lambda: wanted.items() <= versions(home).items())
    wait_for("the end of the runs", lambda: not run_ids(browser, "NOT_STARTED", "QUEUED", "STARTING", "STARTED"))
    browser.open("/runs?view=backfills")
    browser.shoot(pictures / "backfills.png")

    # The UI hands over each day on which anything is missing, with all coins: what is there is reused, not trained.
    trained = {(coin, day, "done"): 1 for coin, day in wanted}
    assert attempts(home, BEFOREHAND, last) == {**trained, ("BTC", BEFOREHAND, "reused"): 1}
    assert all(versions(home)[key] == 1 for key in wanted)


def test_a_run_cancelled_by_clicking_stops_within_seconds_and_leaves_what_was_finished(
    browser: Browsing, home: Home, pictures: Path
) -> None:
    last = CANCELLED + LONG
    browser.open("/asset-groups")
    choose_assets(browser, 'key:"candles/*" or key:"model/*"')
    open_materialize(browser, f"[{CANCELLED}...{last}]")
    launch(browser)
    wait_for("a first model", lambda: bool(_published(home, CANCELLED, last)))
    wait_for("a fit", lambda: any(outcome == "running" for _, _, outcome in attempts(home, CANCELLED, last)))
    (run_id,) = run_ids(browser, "STARTED")
    finished = _published(home, CANCELLED, last)

    browser.open(f"/runs/{run_id}")
    browser.shoot(pictures / "run.png")
    clicked = time.monotonic()
    cancel_run(browser)
    wait_for("the end of the run", lambda: run_status(browser, run_id) == "CANCELED", seconds=90.0)
    print(f"stopped {time.monotonic() - clicked:.1f} s after the first of the two clicks")  # noqa: T201 - shown by `pytest -rP`

    left = _published(home, CANCELLED, last)
    assert finished <= left
    assert len(left) < 2 * (LONG.days + 1)
    assert home.run("models", "verify")["problems"] == []


def test_the_report_and_the_launchpad_can_be_read_in_place(browser: Browsing, home: Home, pictures: Path) -> None:
    home.run("retrain", "--day", READ.isoformat())
    browser.open(f"/assets/daily_report?view=partitions&partition={READ}")
    browser.page.get_by_text("[Show Markdown]").first.click()
    browser.page.get_by_text("of 2 coins have a model").first.wait_for()
    browser.shoot(pictures / "report.png", full=True)
    browser.open("/assets/model/BTC?view=overview")
    browser.page.get_by_text("Plots", exact=True).click()
    browser.settle()
    browser.shoot(pictures / "plots.png")
    browser.open("/locations/coin_models.definitions/jobs/retrain/playground")
    browser.shoot(pictures / "launchpad.png")
    browser.open("/automation")
    browser.shoot(pictures / "automation.png")

    for name in ("nightly", "reaper", "resume"):
        assert browser.page.get_by_text(name, exact=True).first.is_visible()


def test_nobody_but_loopback_was_asked(browser: Browsing) -> None:
    assert browser.asked
    assert browser.strangers == []


def _published(home: Home, first: date, last: date) -> set[tuple[str, date]]:
    return {(coin, day) for coin, day in versions(home) if first <= day <= last}


_CHECK_RUNS = "{ runsOrError { ... on Runs { results { status assetCheckSelection { name } } } } }"


def test_execute_on_a_checks_page_looks_at_the_newest_model_and_makes_none(
    browser: Browsing, home: Home, pictures: Path
) -> None:
    home.run("retrain", "--day", str(CHECKED), "--coins", "BTC")
    before, num_before = versions(home), len(_ends_of_check_runs(browser))
    browser.open("/assets/model/BTC?view=checks&checkDetail=sound_and_skilled")
    browser.page.get_by_text("Execute", exact=True).click()
    wait_for("the check's run", lambda: len(_ends_of_check_runs(browser)) > num_before)
    wait_for("its end", lambda: set(_ends_of_check_runs(browser)) <= {"SUCCESS", "FAILURE", "CANCELED"})
    browser.open("/assets/model/BTC?view=checks&checkDetail=sound_and_skilled")
    browser.page.get_by_text("weights and calibration are sound").first.wait_for(timeout=60_000)
    browser.shoot(pictures / "check.png")

    assert "SUCCESS" in _ends_of_check_runs(browser)
    assert versions(home) == before


def _ends_of_check_runs(browser: Browsing) -> list[str]:
    """The states of the runs that the Execute button started."""
    runs = graphql(int(browser.base.rpartition(":")[2]), _CHECK_RUNS)["runsOrError"]["results"]
    return [run["status"] for run in runs if run["assetCheckSelection"]]

"""What a person does on the UI's pages, by role and text."""

from urllib.parse import urlsplit

from coin_models_tests.browser.chromium import Browsing
from coin_models_tests.proofs.processes import graphql

_RUNS = """query ($filter: RunsFilter!) { runsOrError(filter: $filter) {
  __typename ... on Runs { results { runId } } } }"""
_STATUS = "query ($id: ID!) { runOrError(runId: $id) { __typename ... on Run { status } } }"


def choose_assets(browser: Browsing, selection: str) -> None:
    """Types a selection into the graph's search field."""
    field = browser.page.locator(".CodeMirror").first
    field.click()
    browser.page.keyboard.type(selection)
    browser.page.keyboard.press("Enter")
    browser.settle()


def open_materialize(browser: Browsing, partitions: str, *, only_missing: bool = False) -> None:
    """Opens the dialog of `Materialize all` and names partitions in it, such as `[2024-08-01...2024-08-03]`."""
    browser.page.get_by_role("button", name="Materialize").first.click()
    dialog = browser.page.get_by_role("dialog")
    field = dialog.get_by_role("textbox").first
    field.fill(partitions)
    field.press("Enter")
    if only_missing:
        dialog.get_by_text("only failed and missing").click()
    browser.settle()


def launch(browser: Browsing) -> None:
    """Clicks the dialog's last button and waits until it is gone."""
    dialog = browser.page.get_by_role("dialog")
    dialog.get_by_role("button", name="Launch").last.click()
    dialog.wait_for(state="hidden")


def cancel_run(browser: Browsing) -> None:
    """Clicks `Terminate` on a run's page, and again in the dialog that asks whether that is meant."""
    browser.page.get_by_role("button", name="Terminate").first.click()
    browser.page.get_by_role("dialog").get_by_role("button", name="Terminate").click()


def run_ids(browser: Browsing, *statuses: str) -> list[str]:
    """The runs in one of these states, the newest first."""
    answer = graphql(_port(browser), _RUNS, {"filter": {"statuses": list(statuses)}})
    return [run["runId"] for run in answer["runsOrError"]["results"]]


def run_status(browser: Browsing, run_id: str) -> str:
    """Such as STARTED."""
    return str(graphql(_port(browser), _STATUS, {"id": run_id})["runOrError"]["status"])


def _port(browser: Browsing) -> int:
    port = urlsplit(browser.base).port
    assert port is not None
    return port

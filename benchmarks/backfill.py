"""A backfill from the UI on real candles: its wall time, beside `coin-models retrain` of the same days and the fits alone.

    python -m benchmarks.backfill --data FOLDER_OF_CANDLE_FILES [--coins BTC,ETH,...] [--last-day D] [--days 30] [--json]

Three homes, all fresh: the command line's, the UI's (web server, daemon, one backfill launched as the page launches it),
and in the UI's one more backfill that is cancelled in the middle of a fit. Wants a machine with nothing else to do.
"""

import argparse
import functools
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from benchmarks.skill.walk import LIQUID_COINS
from coin_models_tests.browser.servers import attempts, served
from coin_models_tests.proofs.processes import Home, graphql, wait_for

_LAUNCH = """mutation ($params: LaunchBackfillParams!) { launchPartitionBackfill(backfillParams: $params) {
  __typename ... on LaunchBackfillSuccess { backfillId } ... on PythonError { message } } }"""
_BACKFILL = """query ($id: String!) { partitionBackfillOrError(backfillId: $id) {
  ... on PartitionBackfill { status error { message } } } }"""
_RUNS = """query ($filter: RunsFilter!) { runsOrError(filter: $filter) {
  ... on Runs { results { runId status startTime endTime } } } }"""
_TERMINATE = """mutation ($id: String!) { terminateRun(runId: $id) { __typename } }"""
_PER_COIN = ("candles", "model", "shadow_trades")  # the sensor `report` requests the rest, in a run of its own
_LONGEST_SECONDS = 4 * 3600.0
_A_PAGE_LOOKS_EVERY_SECONDS = 2.0  # a query every 50 ms would take half a core from the fits


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the three and prints their seconds."""
    options = parse(arguments)
    coins, days = options.coins.split(","), _days(options.last_day, options.days)
    with tempfile.TemporaryDirectory(prefix="coin-models-backfill-") as folder:
        by_hand = _home(Path(folder) / "command-line", options, coins)
        in_ui = _home(Path(folder) / "ui", options, coins)
        figures = {"num_coins": len(coins), "num_days": len(days), **_time_command(by_hand, days)}
        with served(in_ui) as port:
            figures |= _time_backfill(in_ui, port, coins, days)
            figures |= _time_cancelling(in_ui, port, coins, days[-1] + timedelta(days=1))
    figures["ui_over_command_line"] = figures["ui_seconds"] / figures["command_line_seconds"]
    figures["ui_over_fits"] = figures["ui_seconds"] / figures["ui_fit_seconds"]
    if options.json:
        json.dump(figures, sys.stdout, indent=1)
    else:
        for name, value in figures.items():
            print(f"{name:<34} {value:,.2f}" if isinstance(value, float) else f"{name:<34} {value}")
    return 0


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The options, with their defaults."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.backfill", description=__doc__.split("\n", 1)[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of candle files, as for source `files`")
    parser.add_argument("--coins", default=",".join(LIQUID_COINS))
    parser.add_argument("--last-day", type=date.fromisoformat, default=date(2024, 8, 15))
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--json", action="store_true")
    return parser.parse_args(arguments)


def _home(folder: Path, options: argparse.Namespace, coins: Sequence[str]) -> Home:
    folder.mkdir(parents=True)
    files = {"COIN_MODELS_SOURCE": "files", "COIN_MODELS_MARKET_FILES_PATH": str(options.data.resolve())}
    return Home(folder=folder, variables={**files, "COIN_MODELS_UNIVERSE": ",".join(coins)})


def _days(last: date, number: int) -> list[date]:
    return [last - timedelta(days=back) for back in reversed(range(number))]


def _time_command(home: Home, days: Sequence[date]) -> dict[str, float]:
    began = time.monotonic()
    home.run("retrain", "--from", days[0].isoformat(), "--to", days[-1].isoformat())
    return {"command_line_seconds": time.monotonic() - began, "command_line_fit_seconds": _fit_seconds(home)}


def _time_backfill(home: Home, port: int, coins: Sequence[str], days: Sequence[date]) -> dict[str, float]:
    began = time.monotonic()
    backfill_id = _launch(port, coins, days)
    is_complete = functools.partial(_is_complete, port, backfill_id)
    wait_for("the end of the backfill", is_complete, _LONGEST_SECONDS, every=_A_PAGE_LOOKS_EVERY_SECONDS)
    seconds = time.monotonic() - began
    with home.services() as services:
        published = {(version.coin, version.day) for version in services.registry.versions()}
    if missing := {(coin, day) for coin in coins for day in days} - published:
        raise SystemExit(f"the backfill has ended without {len(missing)} models; `coin-models status` has the reasons")
    runs = _runs(port, "SUCCESS")
    in_runs = sum(run["endTime"] - run["startTime"] for run in runs)
    return {
        "ui_seconds": seconds,
        "ui_fit_seconds": _fit_seconds(home),
        "ui_run_seconds": in_runs,
        "ui_runs": len(runs),
    }


def _time_cancelling(home: Home, port: int, coins: Sequence[str], day: date) -> dict[str, float]:
    _launch(port, coins, [day])
    wait_for("a fit", lambda: any(outcome == "running" for _, _, outcome in attempts(home, day, day)))
    (run_id,) = (run["runId"] for run in _runs(port, "STARTED"))
    began = time.monotonic()
    graphql(port, _TERMINATE, {"id": run_id})
    wait_for("the run's end", lambda: run_id in {run["runId"] for run in _runs(port, "CANCELED")})
    return {"cancel_to_stopped_seconds": time.monotonic() - began}


def _launch(port: int, coins: Sequence[str], days: Sequence[date]) -> str:
    assets = [{"path": [kind, coin]} for kind in _PER_COIN for coin in coins]
    params: dict[str, Any] = {"assetSelection": assets, "partitionNames": list(map(str, days)), "tags": []}
    answer = graphql(port, _LAUNCH, {"params": params})["launchPartitionBackfill"]
    if "backfillId" not in answer:
        raise SystemExit(f"the UI refused the backfill: {answer}")
    return str(answer["backfillId"])


def _is_complete(port: int, backfill_id: str) -> bool:
    answer = graphql(port, _BACKFILL, {"id": backfill_id})["partitionBackfillOrError"]
    if answer["status"] in ("COMPLETED_FAILED", "FAILED", "CANCELED"):
        raise SystemExit(f"the backfill has ended as {answer['status']}: {answer['error']}")
    return bool(answer["status"] == "COMPLETED_SUCCESS")


def _runs(port: int, status: str) -> list[dict[str, Any]]:
    runs: list[dict[str, Any]] = graphql(port, _RUNS, {"filter": {"statuses": [status]}})["runsOrError"]["results"]
    return runs


def _fit_seconds(home: Home) -> float:
    with home.services() as services:
        return sum(version.fit_seconds for version in services.registry.versions())


if __name__ == "__main__":
    sys.exit(main())

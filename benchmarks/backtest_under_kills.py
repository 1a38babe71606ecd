"""A backtest of many days of real candles that is killed at random, beside an uninterrupted one: the same page, the same bytes.

    python -m benchmarks.backtest_under_kills --data FOLDER_OF_CANDLE_FILES --from D --to D [--coins BTC,...] [--kills 10]

Two fresh homes, both at once, a thread each. A kill comes when a random share of the coin-days is published, and up to a
few seconds later; the same command then continues. Exit code 1: something differs.
"""

import argparse
import functools
import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path

from benchmarks.skill.walk import LIQUID_COINS
from coin_models.drill.comparison import compare
from coin_models_tests.proofs.processes import Home

_LOOKS_EVERY_SECONDS = 0.5
_LATER_BY_UP_TO_SECONDS = 8.0  # longer than a night of a few coins: every phase is hit
_KINDS = ("forecasts", "candles")  # of the store, compared byte by byte, as weights; models by the registry's rows too


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """What one side took, and digests of what it printed."""

    num_kills: int
    num_versions: int
    wall_seconds: float
    cpu_seconds: float
    page_sha256: str
    json_sha256: str


def main(arguments: Sequence[str] | None = None) -> int:
    """Walks both homes and compares them."""
    options = parse(arguments)
    dice = random.Random(options.seed)
    kills = sorted((dice.random(), dice.uniform(0, _LATER_BY_UP_TO_SECONDS)) for _ in range(options.kills))
    place = nullcontext(options.folder) if options.folder else tempfile.TemporaryDirectory(prefix="coin-models-kills-")
    with place as folder:
        uninterrupted, killed = (_home(Path(folder) / name, options) for name in ("uninterrupted", "killed"))
        sides = [functools.partial(walk, uninterrupted, options, []), functools.partial(walk, killed, options, kills)]
        with ThreadPoolExecutor(len(sides)) as pool:
            walks = [future.result() for future in [pool.submit(side) for side in sides]]
        figures: dict[str, object] = {
            "uninterrupted": asdict(walks[0]),
            "killed": asdict(walks[1]),
            "load_average": os.getloadavg(),
        }
        figures |= _differences(uninterrupted, killed, options)
    figures["is_same_page"] = walks[0].page_sha256 == walks[1].page_sha256
    figures["is_same_json"] = walks[0].json_sha256 == walks[1].json_sha256
    figures["cpu_seconds_per_coin_day"] = walks[0].cpu_seconds / max(walks[0].num_versions, 1)
    json.dump(figures, sys.stdout, indent=1)
    is_same = figures["is_same_page"] and figures["is_same_json"]
    return 0 if is_same and not figures["problems"] and not figures["different_files"] else 1


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The options, with their defaults."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.backtest_under_kills", description=(__doc__ or "").split("\n", 1)[0]
    )
    parser.add_argument("--data", type=Path, required=True, help="folder of candle files, as for source `files`")
    parser.add_argument("--coins", default=",".join(LIQUID_COINS))
    parser.add_argument("--from", dest="first", type=date.fromisoformat, required=True)
    parser.add_argument("--to", dest="last", type=date.fromisoformat, required=True)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, help="where the two homes stay; default: a temporary folder")
    return parser.parse_args(arguments)


def walk(home: Home, options: argparse.Namespace, kills: list[tuple[float, float]]) -> Walk:
    """Backtests one home to the end, killed at shares of its coin-days, each some seconds later."""
    num_coin_days = len(options.coins.split(",")) * ((options.last - options.first).days + 1)
    page, began, cpu_seconds, waiting = home.folder / "page.html", time.monotonic(), 0.0, list(kills)
    while True:
        with (home.folder / "out.json").open("wb") as out, (home.folder / "log").open("ab") as log:
            child = home.start(
                *("backtest", "--from", str(options.first), "--to", str(options.last), "-o", str(page), "--json"),
                stdout=out,
                stderr=log,
                start_new_session=True,
            )
            code, seconds = _end(child, home, num_coin_days, waiting)
        cpu_seconds += seconds
        if code == -signal.SIGKILL:
            continue
        if code != 0:
            raise SystemExit(f"the backtest in {home.folder} ended with exit code {code}; its log is beside it")
        return Walk(
            num_kills=len(kills) - len(waiting),
            num_versions=_num_versions(home),
            wall_seconds=time.monotonic() - began,
            cpu_seconds=cpu_seconds,
            page_sha256=_sha256(page),
            json_sha256=_sha256(home.folder / "out.json"),
        )


def _end(
    child: "subprocess.Popen[bytes]", home: Home, num_coin_days: int, waiting: list[tuple[float, float]]
) -> tuple[int, float]:
    """Waits for the child, or kills it when the next share is reached; its exit code and its CPU seconds."""
    while True:
        pid, status, usage = os.wait4(child.pid, os.WNOHANG)
        if pid:
            return os.waitstatus_to_exitcode(status), usage.ru_utime + usage.ru_stime
        if waiting and _num_versions(home) >= waiting[0][0] * num_coin_days:
            time.sleep(waiting.pop(0)[1])
            os.killpg(child.pid, signal.SIGKILL)
        time.sleep(_LOOKS_EVERY_SECONDS)


def _num_versions(home: Home) -> int:
    return sum(1 for _ in (home.folder / "home" / "store" / "models").glob("*/*/*/*.safetensors"))


def _differences(uninterrupted: Home, killed: Home, options: argparse.Namespace) -> dict[str, object]:
    days = [options.first + timedelta(days=more) for more in range((options.last - options.first).days + 1)]
    coins = options.coins.split(",")
    every = uninterrupted.settings.training.full_retrain_every_days
    comparison = compare(uninterrupted.settings, killed.settings, coins, days, full_retrain_every_days=every)
    ours, theirs = (_digests(home) for home in (uninterrupted, killed))
    different = sorted(key for key in ours.keys() | theirs.keys() if ours.get(key) != theirs.get(key))
    # Parents are compared as part of each row: a coin that was not eligible on its calendar's day begins on a later one.
    problems = (*comparison.lost, *comparison.published_twice, *comparison.trained_twice, *comparison.different)
    return {
        "problems": [f"{coin} {day}" for coin, day in problems],
        "num_files": len(ours),
        "different_files": different,
    }


def _digests(home: Home) -> dict[str, str]:
    store = home.folder / "home" / "store"
    paths = [*store.glob("models/*/*/*/*.safetensors")]
    for kind in _KINDS:
        paths += [path for path in (store / kind).rglob("*") if path.is_file()]
    return {path.relative_to(store).as_posix(): _sha256(path) for path in paths}


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _home(folder: Path, options: argparse.Namespace) -> Home:
    folder.mkdir(parents=True, exist_ok=True)
    files = {"COIN_MODELS_SOURCE": "files", "COIN_MODELS_MARKET_FILES_PATH": str(options.data.resolve())}
    threads = {"COIN_MODELS_TRAINING_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    return Home(folder=folder, variables={**files, **threads, "COIN_MODELS_UNIVERSE": options.coins})


if __name__ == "__main__":
    sys.exit(main())

"""The leaderboard of forecasters on a folder of candles, walked forward.

python -m benchmarks.skill --data FOLDER_OF_CANDLE_FILES [--timeframe 1h] [--last-day D] [--days 28] [--json]
python -m benchmarks.skill --data FOLDER --last-day 2024-08-31 --days 140 --fit-every 14 --page docs/skill.md
"""

import argparse
import json
import logging
import shlex
import subprocess
import sys
import warnings
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from benchmarks.skill.page import print_summary, render_page
from benchmarks.skill.summary import summarise
from benchmarks.skill.walk import LIQUID_COINS, Span, forecasters_of, walk
from coin_models.settings.market import MarketSettings
from coin_models.settings.root import Settings
from coin_models.settings.training import TrainingSettings


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the benchmark and prints a table, or JSON."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    options = parse(given)
    logging.getLogger("coin_models").setLevel(logging.WARNING)
    warnings.filterwarnings("ignore", module="statsmodels")  # its solver says that it stopped at the tolerance
    settings = Settings(
        source="files",
        timeframe=options.timeframe,
        market=MarketSettings(files_path=options.data),
        training=TrainingSettings(num_threads=options.threads, horizon_minutes=options.horizon_minutes),
    )
    span = Span(
        coins=options.coins.split(","), last_day=options.last_day, num_days=options.days, fit_every=options.fit_every
    )
    summary = summarise(walk(settings, span, forecasters_of(settings, options.lightgbm_every)))
    if options.page:
        asked = [word for word in given if word not in ("--json", "--page", str(options.page))]
        command = shlex.join(["python", "-m", "benchmarks.skill", *asked])
        options.page.write_text(render_page(summary, command, commit()), encoding="utf-8")
    if options.json:
        json.dump(summary, sys.stdout, indent=1)
    else:
        print_summary(summary)
    return 0


def commit() -> str:
    """The commit of this checkout, shortened, with a + where files differ from it."""
    described = ("git", "describe", "--always", "--dirty=+", "--abbrev=7", "--exclude=*")
    return subprocess.run(  # noqa: S603 - a command of ours
        described, cwd=Path(__file__).parent, check=True, capture_output=True, text=True
    ).stdout.strip()


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The options, with their defaults."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.skill", description=__doc__.split("\n", 1)[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of candle files, as for source `files`")
    parser.add_argument("--timeframe", default="5m", help="length of the files' candles")
    parser.add_argument("--horizon-minutes", type=int, default=60)
    parser.add_argument("--coins", default=",".join(LIQUID_COINS))
    parser.add_argument("--last-day", type=date.fromisoformat, default=date(2024, 8, 30), help="last day judged")
    parser.add_argument("--days", type=int, default=28, help="number of days judged")
    parser.add_argument(
        "--fit-every", type=int, default=1, help="days judged by each fit; above 1 every fit is a full retrain"
    )
    parser.add_argument("--lightgbm-every", type=int, default=1, help="fits between two of LightGBM; 0: leave it out")
    parser.add_argument("--threads", type=int, default=0, help="threads of the fits; 0: all cores, for a quiet machine")
    parser.add_argument("--page", type=Path, help="also write the result as markdown")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())

"""The plan over years of a large universe, from made-up facts: CPU seconds, peak memory.

    python -m benchmarks.plan [--coins 500] [--days 1095]

Facts are made before the clock starts: what is measured is the pure function alone.
"""

import argparse
import resource
import time
from collections.abc import Sequence
from datetime import date, timedelta

from coin_models.pipeline.plan.plan import make_plan
from coin_models.registry.published import PublishedVersions
from coin_models_tests.pipeline.plan.strategies import FIRST, carried_out, facts, history


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints what the plan of everything took."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.plan", description=__doc__.split("\n", 1)[0])
    parser.add_argument("--coins", type=int, default=500)
    parser.add_argument("--days", type=int, default=1095)
    options = parser.parse_args(arguments)
    coins = [f"C{number}" for number in range(options.coins)]
    days = [FIRST + timedelta(days=30 + offset) for offset in range(options.days)]
    histories = {coin: history(options.days + 60, seed=number) for number, coin in enumerate(coins)}
    published = {coin: _published(days, coin, histories[coin]) for coin in coins}
    given = facts(days, coins, histories=histories)
    given = type(given)(**{name: getattr(given, name) for name in given.__slots__} | {"published": published})
    before = _peak_mib()
    began = time.process_time()
    counts = make_plan(given).counts()
    seconds = time.process_time() - began
    shown = ", ".join(f"{count:,} {action.word}" for action, count in counts.items() if count)
    print(
        f"{options.coins * options.days:,} coin-days: {seconds:.2f} s of CPU, {_peak_mib() - before:.0f} MiB more; {shown}"
    )
    return 0


def _published(days: Sequence[date], coin: str, candle_history: object) -> PublishedVersions:
    """Everything of a coin but its newest month."""
    plan = make_plan(facts(days[:-30], [coin], histories={coin: candle_history}))
    return PublishedVersions.of(carried_out(plan)[coin])


def _peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    raise SystemExit(main())

"""Events and bytes of Dagster's event log per coin-day: a day in a run, then a range of days in one.

`python -m benchmarks.events [--coins 10] [--days 10]`: tiny models of the demo market in a folder that is removed.
"""

import argparse
import tempfile
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

from dagster import DagsterInstance, DagsterRun, serialize_value

from coin_models.defs.instance.home import open_instance
from coin_models.defs.launch import executor_on
from coin_models.market.sources.demo_coins import DEMO_COINS
from coin_models.pipeline.services import open_services
from coin_models.pipeline.worker import open_worker
from coin_models.settings.root import Settings
from coin_models.settings.training import TrainingSettings
from coin_models.training.interruption.providers import build_preemption_monitor

_FIRST = date(2024, 8, 1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--coins", type=int, default=10)
    parser.add_argument("--days", type=int, default=10)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        measure(Path(folder), tuple(DEMO_COINS)[: asked.coins], asked.days)


def measure(folder: Path, coins: Sequence[str], num_days: int) -> None:
    """Runs one day, then the days after it as a range, and prints what each left in the event log."""
    training = TrainingSettings(lookback_days=32, validation_days=3, width=8, epochs=1, num_threads=1)
    settings = Settings(home=folder / "home", universe=tuple(coins), training=training)
    range_days = [_FIRST + timedelta(days=number) for number in range(1, num_days + 1)]
    monitor = build_preemption_monitor(settings.interruption)
    with (
        open_services(settings, create=True) as services,
        open_worker(services, monitor) as worker,
        open_instance(settings) as instance,
    ):
        executor = executor_on(services, instance, {})
        for days in ([_FIRST], range_days):
            print_events(instance, executor.run_coins(worker, days, coins).run, days, coins)
            print_events(instance, executor.run_report(worker, days).run, days, coins)


def print_events(instance: DagsterInstance, run: DagsterRun, days: Sequence[date], coins: Sequence[str]) -> None:
    records = instance.all_logs(run.run_id)
    num_bytes = sum(len(serialize_value(record)) for record in records)
    num_coin_days = len(days) * len(coins)
    print(
        f"{run.job_name} of {len(days)} day(s), {len(coins)} coins: {len(records)} events, {num_bytes / 1000:.1f} kB; "
        f"a coin-day: {len(records) / num_coin_days:.1f} events, {num_bytes / 1000 / num_coin_days:.1f} kB"
    )


if __name__ == "__main__":
    main()

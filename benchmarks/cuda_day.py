"""For the day that a GPU is there: its tests, then what cohorts of each size take on it, one line of JSON each.

    python -m benchmarks.cuda_day [--coins 8,64,256,500] [--accelerator cuda]

`--accelerator cpu` runs the same on the processor, without the tests of a GPU: to try the script. A line has

* fit_seconds, samples_per_second: a full retrain of noise with the shape of real candles, checkpoints included;
* step_samples_per_second: the steps alone;
* snapshot_seconds: the state copied to the machine's memory, which a notice of interruption waits for;
* peak_bytes: of the GPU's memory; null on a processor;
* syncs: how often 20 steps wait for the GPU, by torch's own count of them; null on a processor;
* error: why there are no figures, such as no memory for so large a cohort.
"""

import argparse
import json
import subprocess
import sys
import time
import warnings
from contextlib import closing
from typing import Any

import torch

from coin_models.bench.fit_speed import fit_samples_per_second, step_samples_per_second
from coin_models.bench.synthetic import synthetic_cohort
from coin_models.errors import SettingsError
from coin_models.settings.training import TrainingSettings
from coin_models.training.arithmetic import arithmetic_of
from coin_models.training.checkpoints.encoding import snapshot
from coin_models.training.fit.data import CohortData
from coin_models.training.fit.forecaster import CohortForecaster
from coin_models.training.fit.init_weights import fresh_state
from coin_models.training.fit.tasks import CohortTask
from coin_models.training.hardware import choose_device, prepare
from coin_models.training.memory import is_out_of_memory, release_memory_of
from coin_models.training.shard_pool import ShardPool

_SYNC_STEPS = 20


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--coins", default="8,64,256,500")
    parser.add_argument("--accelerator", choices=["cuda", "cpu"], default="cuda")
    asked = parser.parse_args()
    training = TrainingSettings(accelerator=asked.accelerator)
    try:
        device = choose_device(training)
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 2
    prepare(training, device)
    print(json.dumps({"arithmetic": arithmetic_of(training, device)}), flush=True)
    failed = 0
    if device.type == "cuda":
        failed = subprocess.run([sys.executable, "-m", "pytest", "-q", "-m", "cuda"], check=False).returncode
    for num_coins in map(int, asked.coins.split(",")):
        try:
            line = measure(synthetic_cohort(training, num_coins), device)
        except Exception as error:
            if not is_out_of_memory(error):
                raise
            line = {"error": str(error)}
            release_memory_of(error)
        print(json.dumps({"coins": num_coins, **line}), flush=True)
    return failed


def measure(task: CohortTask, device: torch.device) -> dict[str, Any]:
    """The figures of one cohort."""
    on_gpu = device.type == "cuda"
    if on_gpu:
        torch.cuda.reset_peak_memory_stats(device)
    began = time.perf_counter()
    samples_per_second = fit_samples_per_second(task)
    fit_seconds = time.perf_counter() - began
    return {
        "fit_seconds": fit_seconds,
        "samples_per_second": samples_per_second,
        "step_samples_per_second": step_samples_per_second(task, device),
        "snapshot_seconds": snapshot_seconds(task, device),
        "peak_bytes": torch.cuda.max_memory_allocated(device) if on_gpu else None,
        "syncs": num_syncs(task, device) if on_gpu else None,
    }


def snapshot_seconds(task: CohortTask, device: torch.device) -> float:
    """The second copy of a fresh state: the first makes the memory."""
    state = fresh_state(task, device)
    snapshot(state)
    began = time.perf_counter()
    snapshot(state)
    return time.perf_counter() - began


def num_syncs(task: CohortTask, device: torch.device) -> int:
    """Of the steps after the first, how many of torch's calls waited for the GPU."""
    data = CohortData(task, device)
    with closing(ShardPool(1)) as pool, torch.no_grad(), warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        forecaster = CohortForecaster(task, data, fresh_state(task, device), pool)
        batches = data.epoch_order(0)[: _SYNC_STEPS + 1]
        forecaster.training_step(batches[0], 0)
        torch.cuda.set_sync_debug_mode("warn")
        try:
            for number, batch in enumerate(batches[1:], start=1):
                forecaster.training_step(batch, number)
        finally:
            torch.cuda.set_sync_debug_mode("default")
    return sum("synchroniz" in str(warning.message) for warning in caught)


if __name__ == "__main__":
    sys.exit(main())

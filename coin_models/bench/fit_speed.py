"""Measures the speed of the fit: against matrix products on this machine, plain per-coin Lightning, and one coin at a
time.

On a CPU every figure but one is by the CPU time of one thread, the yardsticks' too: what the neighbours of a shared
machine do then decides little of it, and nothing of a ratio. On a GPU the clock on the wall is what there is.
The quality of forecasts is measured by `python -m benchmarks.skill`.
"""

import os
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch
from pytorch_lightning import Trainer

from coin_models.bench.baseline import num_samples, ordinary_fit
from coin_models.bench.synthetic import stored_cohort, synthetic_cohort
from coin_models.models.architecture import Architecture
from coin_models.settings.operations import InterruptionSettings
from coin_models.settings.root import Settings
from coin_models.settings.training import TrainingSettings
from coin_models.storage.memory import MemoryStore
from coin_models.training.checkpoints.chain import open_chain
from coin_models.training.fit.data import CohortData
from coin_models.training.fit.forecaster import CohortForecaster
from coin_models.training.fit.init_weights import fresh_state
from coin_models.training.fit.tasks import CohortTask, CoinTask
from coin_models.training.hardware import choose_device, choose_num_threads, prepare
from coin_models.training.interruption.preemption import PreemptionMonitor
from coin_models.training.process import has_bf16
from coin_models.training.run_fit import fit_cohort
from coin_models.training.shard_pool import ShardPool
from coin_models.training.trainer import quiet_lightning

_GEMM_SIZE = 2048
_NUM_COINS = 8
_STEPS = 40
_WARM_UP_STEPS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class FitBenchmark:
    """Figures of one run; rates are in coin-samples, forward and backward, per second of one thread's CPU time on a CPU."""

    device: str
    num_threads: int
    num_coins: int
    batch_size: int
    num_parameters: int  # per coin
    samples_per_second: float  # by the clock on the wall, all threads: the real fit, steps, validation and checkpoints
    gemm_gflops: float  # a large float32 matrix product, the best seen during the run
    step_samples_per_second: float  # training steps alone
    gemm_share: float  # useful arithmetic of the steps, of that
    fit_samples_per_second: float  # the real Lightning fit from its first line to its last, trees and ridge included
    fit_gemm_share: float
    ordinary_samples_per_second: float
    ordinary_ratio: float  # of the real fit, though the ordinary way validates nothing and fits neither trees nor ridge
    step_ordinary_ratio: float  # of the training steps alone
    single_samples_per_second: float  # cohorts of one coin
    single_ratio: float
    fit_cpu_seconds_per_coin: float


def run_bench(settings: Settings) -> dict[str, Any]:
    """The figures of `coin-models bench`: on synthetic tensors, and as `stored_...` on stored candles where there are.

    `cores_busy_before` is the machine's load average of the minute before, per core: 0 on a quiet machine.
    `own_share_of_time` is the share of the clock's time that this process had a core for itself.
    """
    figures: dict[str, Any] = {"cores_busy_before": os.getloadavg()[0] / (os.cpu_count() or 1)}
    wall, own = time.perf_counter(), time.thread_time()
    training = settings.training
    figures |= asdict(benchmark_fit(synthetic_cohort(training, _NUM_COINS)))
    own, wall = time.thread_time() - own, time.perf_counter() - wall
    figures["own_share_of_time"] = own / wall
    if figures["device"] == "cpu" and training.precision == "float32" and has_bf16():
        figures["bf16_step_ratio"] = _bf16_ratio(training.model_copy(update={"num_threads": 1}))
    stored = stored_cohort(settings, _NUM_COINS)
    if stored is not None:
        figures["stored_num_coins"] = len(stored.coins)
        figures["stored_samples_per_second"] = fit_samples_per_second(stored)
    return figures


def benchmark_fit(task: CohortTask, *, rounds: int = 3, ordinary_coins: int = 1) -> FitBenchmark:
    """Measures the fit of a cohort, its coins one at a time, and the ordinary way, in turn, and keeps each one's best.

    The best of several rounds, because caches and clock rates are shared even where a thread's time is its own.
    """
    device = choose_device(task.training)
    prepare(task.training, device)
    num_threads = choose_num_threads(task.training)
    alone = _on_one_thread(task) if device.type == "cpu" else task
    first = replace(alone, coins=alone.coins[:1])
    gemm, steps, fit, single, ordinary, seconds = 0.0, 0.0, 0.0, 0.0, 0.0, float("inf")
    for _ in range(rounds):
        gemm = max(gemm, gemm_gflops(device))
        steps = max(steps, step_samples_per_second(alone, device))
        gemm = max(gemm, gemm_gflops(device))
        spent = _seconds(lambda: fit_samples_per_second(alone), device)
        fit, seconds = max(fit, _num_samples(alone) / spent), min(seconds, spent)
        gemm = max(gemm, gemm_gflops(device))
        single = max(single, _num_samples(first) / _seconds(lambda: fit_samples_per_second(first), device))
    for coin in alone.coins[:ordinary_coins]:
        ordinary = max(ordinary, ordinary_samples_per_second(alone, coin, device))
    gflop = useful_flops(task.architecture) / 1e9
    return FitBenchmark(
        device=device.type,
        num_threads=num_threads,
        num_coins=len(task.coins),
        batch_size=task.batch_size,
        num_parameters=task.architecture.num_parameters,
        samples_per_second=fit_samples_per_second(task),
        gemm_gflops=gemm,
        step_samples_per_second=steps,
        gemm_share=steps * gflop / gemm,
        fit_samples_per_second=fit,
        fit_gemm_share=fit * gflop / gemm,
        ordinary_samples_per_second=ordinary,
        ordinary_ratio=fit / ordinary,
        step_ordinary_ratio=steps / ordinary,
        single_samples_per_second=single,
        single_ratio=fit / single,
        fit_cpu_seconds_per_coin=seconds / len(task.coins),
    )


def _on_one_thread(task: CohortTask) -> CohortTask:
    return replace(task, training=task.training.model_copy(update={"num_threads": 1}))


def _num_samples(task: CohortTask) -> int:
    return task.num_steps * task.batch_size * len(task.coins)


def _bf16_ratio(training: TrainingSettings) -> float:
    """How many times as fast the steps are in bf16 as in float32."""
    rates = {}
    for precision in ("float32", "bf16"):
        task = synthetic_cohort(training.model_copy(update={"precision": precision}), _NUM_COINS)
        rates[precision] = max(step_samples_per_second(task, torch.device("cpu")) for _ in range(2))
    return rates["bf16"] / rates["float32"]


def useful_flops(architecture: Architecture) -> int:
    """Arithmetic that a sample needs, forward and backward: six per parameter, less the gradient of the inputs."""
    return 6 * architecture.num_parameters - 2 * architecture.num_inputs * architecture.width


def gemm_gflops(device: torch.device, size: int = _GEMM_SIZE, repeats: int = 5) -> float:
    """The rate of one thread, or of the device, at a large float32 matrix product, the best of a few."""
    torch.set_num_threads(1)
    a, b = torch.randn(size, size, device=device), torch.randn(size, size, device=device)
    seconds = min(_seconds(lambda: torch.mm(a, b), device) for _ in range(repeats + 1))
    return 2 * size**3 / seconds / 1e9


def step_samples_per_second(task: CohortTask, device: torch.device) -> float:
    """The rate of training steps alone, without Lightning's loop, validation and checkpoints."""
    torch.set_num_threads(1)
    data = CohortData(task, device)
    with closing(ShardPool(1)) as pool, torch.no_grad():
        forecaster = CohortForecaster(task, data, fresh_state(task, device), pool)
        order = data.epoch_order(0)
        warm_up = min(_WARM_UP_STEPS, len(order) - 1)
        steps = order[warm_up : warm_up + _STEPS]
        _train(forecaster, order[:warm_up])
        seconds = _seconds(lambda: _train(forecaster, steps), device)
    return len(steps) * task.batch_size * len(task.coins) / seconds


def _train(forecaster: CohortForecaster, batches: torch.Tensor) -> None:
    for number, batch in enumerate(batches):
        forecaster.training_step(batch, number)


def fit_samples_per_second(task: CohortTask) -> float:
    """The rate of the product's own fit by the clock on the wall, checkpoints included."""
    settings = InterruptionSettings()
    with tempfile.TemporaryDirectory() as folder:
        result = fit_cohort(
            task,
            checkpoints=open_chain(MemoryStore(), Path(folder), task, settings),
            notice=PreemptionMonitor(settings),
            progress=lambda progress: None,
            lease_alive=lambda: True,
        )
    return result.counters.samples_per_second


def ordinary_samples_per_second(task: CohortTask, coin: CoinTask, device: torch.device) -> float:
    """The rate of one epoch of one coin the ordinary way, validation left out in its favour."""
    torch.set_num_threads(1)
    module, loader = ordinary_fit(task, coin)
    with quiet_lightning(), tempfile.TemporaryDirectory() as folder:
        trainer = Trainer(
            accelerator="gpu" if device.type == "cuda" else "cpu",
            devices=1,
            max_epochs=1,
            logger=False,
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
            default_root_dir=folder,
        )
        seconds = _seconds(lambda: trainer.fit(module, loader), device)
    return num_samples(loader) / seconds


def _seconds(work: Callable[[], object], device: torch.device) -> float:
    """CPU time of this thread; on a GPU time until the device is done."""
    if device.type != "cuda":
        began = time.thread_time()
        work()
        return time.thread_time() - began
    torch.cuda.synchronize(device)
    began = time.perf_counter()
    work()
    torch.cuda.synchronize(device)
    return time.perf_counter() - began

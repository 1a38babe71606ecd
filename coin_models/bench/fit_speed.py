"""Measures the speed of the fit: against matrix products on this machine, plain per-coin Lightning, and one coin at a
time.

The quality of forecasts is measured by `python -m benchmarks.skill`.
"""

import tempfile
import time
from collections.abc import Callable
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
from coin_models.storage.memory import MemoryStore
from coin_models.training.checkpoints.chain import open_chain
from coin_models.training.fit.tasks import CohortTask, CoinTask
from coin_models.training.hardware import choose_device, choose_num_threads, prepare
from coin_models.training.interruption.preemption import PreemptionMonitor
from coin_models.training.run_fit import fit_cohort
from coin_models.training.trainer import quiet_lightning

_GEMM_SIZE = 2048
_NUM_COINS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class FitBenchmark:
    """Figures of one run; rates are in coin-samples per second, forward and backward."""

    device: str
    num_threads: int
    num_coins: int
    batch_size: int
    num_parameters: int  # per coin
    samples_per_second: float  # the real Lightning fit, steps, validation and checkpoints
    gemm_gflops: float  # a large float32 matrix product, the best seen during the run
    fit_gflops: float  # useful arithmetic of the fit
    gemm_share: float
    ordinary_samples_per_second: float
    ordinary_ratio: float
    single_samples_per_second: float  # cohorts of one coin
    single_ratio: float


def run_bench(settings: Settings) -> dict[str, Any]:
    """The figures of `coin-models bench`: on synthetic tensors, and as `stored_...` on stored candles where there are."""
    figures: dict[str, Any] = asdict(benchmark_fit(synthetic_cohort(settings.training, _NUM_COINS)))
    stored = stored_cohort(settings, _NUM_COINS)
    if stored is not None:
        figures["stored_num_coins"] = len(stored.coins)
        figures["stored_samples_per_second"] = fit_samples_per_second(stored)
    return figures


def benchmark_fit(task: CohortTask, *, rounds: int = 3, ordinary_coins: int = 1) -> FitBenchmark:
    """Measures the fit of a cohort, its coins one at a time, and the ordinary way, in turn, and keeps each one's best.

    The best of several rounds, because on a shared machine everything but the best says what the neighbours did.
    """
    device = choose_device(task.training)
    prepare(task.training, device)
    num_threads = choose_num_threads(task.training)
    gemm, batched, single, ordinary = 0.0, 0.0, 0.0, 0.0
    alone = replace(task, coins=task.coins[:1])
    for _ in range(rounds):
        gemm = max(gemm, gemm_gflops(device, num_threads))
        batched = max(batched, fit_samples_per_second(task))
        gemm = max(gemm, gemm_gflops(device, num_threads))
        single = max(single, fit_samples_per_second(alone))
    torch.set_num_threads(num_threads)
    for coin in task.coins[:ordinary_coins]:
        ordinary = max(ordinary, ordinary_samples_per_second(task, coin, device))
    gflops = batched * useful_flops(task.architecture) / 1e9
    return FitBenchmark(
        device=device.type,
        num_threads=num_threads,
        num_coins=len(task.coins),
        batch_size=task.batch_size,
        num_parameters=task.architecture.num_parameters,
        samples_per_second=batched,
        gemm_gflops=gemm,
        fit_gflops=gflops,
        gemm_share=gflops / gemm,
        ordinary_samples_per_second=ordinary,
        ordinary_ratio=batched / ordinary,
        single_samples_per_second=single,
        single_ratio=batched / single,
    )


def useful_flops(architecture: Architecture) -> int:
    """Arithmetic that a sample needs, forward and backward: six per parameter, less the gradient of the inputs."""
    return 6 * architecture.num_parameters - 2 * architecture.num_inputs * architecture.width


def gemm_gflops(device: torch.device, num_threads: int, size: int = _GEMM_SIZE, repeats: int = 5) -> float:
    """The machine's rate at a large float32 matrix product on that many threads, the best of a few."""
    torch.set_num_threads(num_threads)
    a, b = torch.randn(size, size, device=device), torch.randn(size, size, device=device)
    seconds = min(_seconds(lambda: torch.mm(a, b), device) for _ in range(repeats + 1))
    return 2 * size**3 / seconds / 1e9


def fit_samples_per_second(task: CohortTask) -> float:
    """The rate of the product's own fit, checkpoints included."""
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
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    began = time.perf_counter()
    work()
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return time.perf_counter() - began

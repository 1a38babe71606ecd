"""Small cohorts to fit: random walks with a little momentum, a few features, a few steps."""

from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np

from coin_models.clock import FixedClock
from coin_models.features.splits import Split
from coin_models.features.table import FeatureTable
from coin_models.market.timeframe import parse_timeframe
from coin_models.models.architecture import Architecture, Weights
from coin_models.settings.operations import InterruptionSettings
from coin_models.settings.training import TrainingSettings
from coin_models.storage.memory import MemoryStore
from coin_models.storage.object_store import ObjectStore
from coin_models.training.checkpoints.chain import CheckpointChain, cohort_id_of
from coin_models.training.checkpoints.high_water_mark import HighWaterMark
from coin_models.training.fit.tasks import CohortTask, CoinTask
from coin_models.training.interruption.preemption import PreemptionMonitor
from coin_models.training.results import CohortResult
from coin_models.training.run_fit import fit_cohort

DAY = date(2024, 6, 1)
HOUR_MS = 3_600_000
NUM_FEATURES = 4
NUM_WIDTHS = 2

TRAINING = TrainingSettings(
    lookback_days=10, validation_days=2, horizon_minutes=120, window_candles=4, width=16, num_blocks=2, dropout=0.3,
    batch_size=384, epochs=3, incremental_epochs=2, learning_rate=3e-3, num_threads=1, accelerator="cpu", members=(),
)  # fmt: skip
"""Hourly candles: 8 days x 24 = 192 train samples at most, 6 steps per epoch of 384 / 12 = 32."""

SETTINGS = InterruptionSettings(checkpoint_min_seconds=0.001, checkpoint_max_seconds=0.001)
CLOCK = FixedClock(datetime(2024, 6, 2, 2, tzinfo=UTC))


def coin_task(coin: str, *, num_rows: int = 240, seed: int = 0, parent: Weights | None = None) -> CoinTask:
    """A coin whose next returns lean the way its first feature points."""
    generator = np.random.default_rng([seed, *coin.encode()])
    x = generator.standard_normal((num_rows, NUM_FEATURES)).astype(np.float32)
    targets = (0.7 * x[:, 0] + generator.standard_normal(num_rows)).astype(np.float32)
    targets[-2:] = np.nan
    table = FeatureTable(
        open_time_ms=np.arange(num_rows, dtype=np.int64) * HOUR_MS,
        x=x,
        width=generator.standard_normal((num_rows, NUM_WIDTHS)).astype(np.float32),
        spread=np.exp(0.1 * generator.standard_normal(num_rows)) * 0.01,
        volatility=np.full(num_rows, 0.01),
        close=np.full(num_rows, 100.0),
        usable=np.ones(num_rows, dtype=np.bool_),
        real=np.ones(num_rows, dtype=np.bool_),
    )
    rows = np.arange(3, num_rows - 2)
    split = Split(train_index=rows[:-50], validation_index=rows[-45:])
    return CoinTask(coin=coin, features=table, targets=targets, split=split, fingerprint=f"{coin:0>8}", parent=parent)


def architecture(training: TrainingSettings = TRAINING) -> Architecture:
    """The architecture of those settings over the builders' features."""
    return Architecture.of(
        training,
        timeframe=parse_timeframe("1h"),
        feature_names=[f"feature_{i}" for i in range(NUM_FEATURES)],
        width_names=[f"width_{i}" for i in range(NUM_WIDTHS)],
    )


def cohort(*coins: CoinTask, training: TrainingSettings = TRAINING) -> CohortTask:
    """A cohort of these coins."""
    return CohortTask(day=DAY, coins=coins, training=training, architecture=architecture(training))


def chain(
    task: CohortTask, folder: Path, store: ObjectStore | None = None, local: ObjectStore | None = None,
    settings: InterruptionSettings = SETTINGS,
) -> CheckpointChain:  # fmt: skip
    """A chain in memory, save for its high_water_mark."""
    return CheckpointChain(
        store or MemoryStore(), local or MemoryStore(), HighWaterMark(folder / "high_water_mark"),
        day=task.day, cohort_id=cohort_id_of(task), settings=settings, clock=CLOCK,
    )  # fmt: skip


def board() -> PreemptionMonitor:
    """A board that listens to nothing until it is entered."""
    return PreemptionMonitor(SETTINGS)


def fit(task: CohortTask, folder: Path) -> CohortResult:
    """The whole fit, without a notice."""
    return fit_cohort(
        task,
        checkpoints=chain(task, folder),
        notice=board(),
        progress=lambda _: None,
        lease_alive=lambda: True,
    )

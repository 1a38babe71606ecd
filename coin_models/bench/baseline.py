"""The baseline of `coin-models bench`: plain per-coin Lightning training with one LightningModule, Dataset and
DataLoader.

Network, loss, optimiser and batch size are the product's. The product itself uses nothing of this module.
"""

import numpy as np
import torch
from pytorch_lightning import LightningModule
from pytorch_lightning.utilities.types import OptimizerLRScheduler
from torch import nn
from torch.utils.data import DataLoader, Dataset

from coin_models.features.scaling import fit_scaling
from coin_models.models.architecture import Architecture
from coin_models.settings.training import TrainingSettings
from coin_models.training.fit.tasks import CohortTask, CoinTask


class WindowDataset(Dataset[tuple[torch.Tensor, torch.Tensor]]):
    """One coin's train samples: window and target."""

    def __init__(self, coin: CoinTask, window: int) -> None:
        scaled = fit_scaling(coin.features.x, coin.split.train_index).apply(coin.features.x)
        self._x, self._y = torch.from_numpy(scaled), torch.from_numpy(coin.targets)
        self._index, self._window = coin.split.train_index, window

    def __len__(self) -> int:
        return len(self._index)

    def __getitem__(self, number: int) -> tuple[torch.Tensor, torch.Tensor]:
        t = int(self._index[number])
        return self._x[t - self._window + 1 : t + 1].flatten(), self._y[t]


class _Block(nn.Module):
    def __init__(self, width: int, dropout: float) -> None:
        super().__init__()
        self.inner, self.outer = nn.Linear(width, width), nn.Linear(width, width, bias=False)
        self.dropout = nn.Dropout(dropout)

    def forward(self, h: torch.Tensor) -> torch.Tensor:
        added: torch.Tensor = self.outer(self.dropout(torch.relu(self.inner(h))))
        return h + added


class OrdinaryForecaster(LightningModule):
    """The network of one coin."""

    def __init__(self, architecture: Architecture, training: TrainingSettings, num_steps: int) -> None:
        super().__init__()
        self._training, self._num_steps = training, num_steps
        self._median, self._median_gain = architecture.median, architecture.median_gain
        self.input = nn.Linear(architecture.num_inputs, architecture.width)
        self.blocks = nn.Sequential(*(_Block(architecture.width, training.dropout) for _ in range(training.num_blocks)))
        self.head = nn.Linear(architecture.width, len(architecture.quantiles))
        self.register_buffer("levels", torch.tensor(architecture.quantiles))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Quantiles (B, Q)."""
        o = self.head(self.blocks(torch.relu(self.input(x))))
        median = self._median_gain * o[:, self._median : self._median + 1]
        steps = nn.functional.softplus(o)
        above = median + torch.cumsum(steps[:, self._median + 1 :], 1)
        below = median - torch.cumsum(steps[:, : self._median].flip(1), 1).flip(1)
        return torch.cat([below, median, above], 1)

    def training_step(self, batch: tuple[torch.Tensor, torch.Tensor], batch_idx: int) -> torch.Tensor:
        """Mean pinball loss of a batch."""
        x, y = batch
        error = y.unsqueeze(1) - self(x)
        levels = self.get_buffer("levels")
        return torch.maximum(levels * error, (levels - 1) * error).mean()

    def configure_optimizers(self) -> OptimizerLRScheduler:
        """AdamW on a one-cycle schedule."""
        training = self._training
        optimizer = torch.optim.AdamW(self.parameters(), lr=training.learning_rate, weight_decay=training.weight_decay)
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimizer, max_lr=training.learning_rate, total_steps=self._num_steps
        )
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}


def ordinary_fit(
    task: CohortTask, coin: CoinTask
) -> tuple[OrdinaryForecaster, "DataLoader[tuple[torch.Tensor, torch.Tensor]]"]:
    """Module and loader of one coin, ready for a Trainer's `fit`."""
    torch.manual_seed(task.training.seed)
    loader = DataLoader(WindowDataset(coin, task.architecture.window), batch_size=task.batch_size, shuffle=True)
    return OrdinaryForecaster(task.architecture, task.training, len(loader)), loader


def num_samples(loader: "DataLoader[tuple[torch.Tensor, torch.Tensor]]") -> int:
    """Samples of an epoch."""
    return int(np.prod((len(loader), loader.batch_size or 1)))

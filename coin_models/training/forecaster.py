# ruff: noqa: N803 - tensor shapes are suffixes
"""The cohort's forecaster as a LightningModule: one training step, one validation, the state between them.

Belongs here: how network, loss, optimiser and schedule make a step, and how the best epoch is kept per coin. Not here:
when to save, when to stop, whom to tell (callbacks.py); where samples come from (data.py).
"""

import numpy as np
import torch
from pytorch_lightning import LightningModule

from coin_models.training import network
from coin_models.training.data import Batch, CohortData
from coin_models.training.dropout import DropoutMasks
from coin_models.training.layout import ParameterLayout
from coin_models.training.quantile_head import QuantileHead
from coin_models.training.schedule import learning_rate
from coin_models.training.state import FitState
from coin_models.training.tasks import CohortTask
from coin_models.training.working import WorkingParameters

_BETAS = (0.9, 0.95)


class CohortForecaster(LightningModule):
    """Trains every coin of a cohort at once; no coin's numbers ever meet another's."""

    def __init__(self, task: CohortTask, data: CohortData, state: FitState) -> None:
        super().__init__()
        self.automatic_optimization = False
        self.task = task
        self.state = state
        self._data = data
        self._layout = ParameterLayout(task.architecture.parameter_shapes())
        self._head = QuantileHead(task.architecture.quantiles, state.decayed.device)
        self.decayed = torch.nn.Parameter(state.decayed, requires_grad=False)
        self.plain = torch.nn.Parameter(state.plain, requires_grad=False)
        self._trained = self._layout.views(self.decayed.data, self.plain.data)
        self._working = WorkingParameters(self._layout, self.decayed.data, self.plain.data, task.training)
        self._optimizer = self._new_optimizer()
        self._scratch = network.Scratch()
        self._masks = DropoutMasks(task, state.decayed.device, self._working.dtype)
        self._validation_sums: list[tuple[torch.Tensor, torch.Tensor]] = []

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """AdamW with the state's own moments."""
        return self._optimizer

    def training_step(self, batch: torch.Tensor, batch_idx: int) -> None:
        """One step of every coin on the windows that `batch` (C * B,) names."""
        state, task, working = self.state, self.task, self._working
        x_CBI, y_CB = self._data.batch_at(batch)
        masks = self._masks.of_step(state.step, y_CB.shape[1])
        o_CQB, saved = network.forward(
            working.parameters, x_CBI.to(working.dtype), self._scratch, masks, task.training.dropout
        )
        loss_C, g_CQB = self._head.loss_and_gradient(o_CQB.float(), y_CB)
        network.backward(working.parameters, saved, self._scratch, g_CQB.to(working.dtype), working.gradients)
        # Lightning sets gradients to None when a fit and when a validation begin, and AdamW passes such parameters over.
        self.decayed.grad, self.plain.grad = working.flat_gradients()
        rate = learning_rate(state.step, task.num_steps, task.peak_learning_rate)
        for group in self._optimizer.param_groups:
            group["lr"] = rate
        self._optimizer.step()
        working.refresh()
        state.epoch_loss += loss_C
        state.step += 1

    def validation_step(self, batch: Batch, batch_idx: int) -> None:
        """Adds a batch to the validation loss."""
        q_CQB = self._head.quantiles(network.forward(self._trained, batch.x_CBI, network.Scratch())[0])
        loss_CB = self._head.pinball(q_CQB, batch.y_CB) * batch.weight_CB
        self._validation_sums.append((loss_CB.sum(1), batch.weight_CB.sum(1)))

    def on_validation_epoch_end(self) -> None:
        """Closes the epoch: both losses into the curves, the weights into the best where they are better."""
        state = self.state
        sums, weights = (torch.stack(parts).sum(0) for parts in zip(*self._validation_sums, strict=True))
        self._validation_sums.clear()
        loss_C = sums / weights
        epoch = state.step // self.task.steps_per_epoch  # epochs done
        if epoch > 0:
            state.train_curve[epoch - 1] = state.epoch_loss / self.task.steps_per_epoch
            state.validation_curve[epoch - 1] = loss_C
            state.epoch_loss.zero_()
        better_C = loss_C < state.best_loss  # never where it is nan
        state.best_loss.copy_(torch.where(better_C, loss_C, state.best_loss))
        state.best_epoch[better_C] = epoch
        state.best_decayed.copy_(torch.where(better_C.unsqueeze(1), state.decayed, state.best_decayed))
        state.best_plain.copy_(torch.where(better_C.unsqueeze(1), state.plain, state.best_plain))

    def validate_parent(self) -> None:
        """Makes the parent itself a candidate for the best epoch, number 0."""
        for number, batch in enumerate(self._data.validation_batches()):
            self.validation_step(batch, number)
        self.on_validation_epoch_end()

    def best_quantiles(self, batch: Batch) -> torch.Tensor:
        """Quantiles (C, Q, B) that each coin's best epoch forecasts."""
        best = self._layout.views(self.state.best_decayed, self.state.best_plain)
        return self._head.quantiles(network.forward(best, batch.x_CBI, network.Scratch())[0])

    def pinball(self, q_CQB: torch.Tensor, y_CB: torch.Tensor) -> torch.Tensor:
        """Pinball loss (C, B) of quantiles."""
        return self._head.pinball(q_CQB, y_CB)

    def best_weights(self, coin: int) -> dict[str, np.ndarray]:
        """The parameters of a coin's best epoch."""
        return self._layout.unpack(self.state.best_decayed, self.state.best_plain, coin)

    def _new_optimizer(self) -> torch.optim.AdamW:
        state = self.state
        groups = [
            {"params": [self.decayed], "weight_decay": self.task.training.weight_decay},
            {"params": [self.plain], "weight_decay": 0.0},
        ]
        optimizer = torch.optim.AdamW(groups, lr=0.0, betas=_BETAS, fused=True)
        moments = (
            (self.decayed, state.decayed_mean, state.decayed_square),
            (self.plain, state.plain_mean, state.plain_square),
        )
        for parameter, mean, square in moments:
            step = torch.tensor(float(state.step), device=parameter.device)
            optimizer.state[parameter] = {"step": step, "exp_avg": mean, "exp_avg_sq": square}
        return optimizer

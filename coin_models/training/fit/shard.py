# ruff: noqa: N803 - tensor shapes are suffixes
"""A shard: some of a cohort's coins, trained and validated by one thread (on CUDA: all of them)."""

import torch

from coin_models.training.fit import network
from coin_models.training.fit.data import Batch, CohortData
from coin_models.training.fit.dropout import DropoutMasks
from coin_models.training.fit.layout import ParameterLayout
from coin_models.training.fit.precision import WorkingParameters
from coin_models.training.fit.quantile_head import QuantileHead
from coin_models.training.fit.state import FitState
from coin_models.training.fit.tasks import CohortTask

_BETAS = (0.9, 0.95)


class CoinShard:
    """The coins `first` to `last` (not included); its tensors are views of the cohort's state."""

    def __init__(self, task: CohortTask, data: CohortData, state: FitState, first: int, last: int) -> None:
        self._coins = slice(first, last)
        self._data, self._dropout = data, task.training.dropout
        device = state.decayed.device
        self._decayed = torch.nn.Parameter(state.decayed[self._coins], requires_grad=False)
        self._plain = torch.nn.Parameter(state.plain[self._coins], requires_grad=False)
        self._epoch_loss = state.epoch_loss[self._coins]
        self._layout = ParameterLayout(task.architecture.parameter_shapes())
        self._trained = self._layout.views(self._decayed.data, self._plain.data)
        self._working = WorkingParameters(self._layout, self._decayed.data, self._plain.data, task.training)
        self._head = QuantileHead(task.architecture.quantiles, task.architecture.median_gain, device)
        self._masks = DropoutMasks(task, task.coins[self._coins], device, self._working.dtype)
        self._scratch = network.Scratch()
        self.optimizer = self._new_optimizer(state, task.training.weight_decay)

    def step(self, order_CB: torch.Tensor, step: int, learning_rate: float) -> None:
        """One step on the windows that `order_CB` names for the whole cohort; adds to the epoch's loss."""
        working = self._working
        x_CBI, y_CB = self._data.batch_at(order_CB[self._coins], self._scratch)
        masks = self._masks.of_step(step, y_CB.shape[1])
        o_CQB, saved = network.forward(working.parameters, x_CBI.to(working.dtype), self._scratch, masks, self._dropout)
        loss_C, g_CQB = self._head.loss_and_gradient(o_CQB.float(), y_CB)
        network.backward(working.parameters, saved, self._scratch, g_CQB.to(working.dtype), working.gradients)
        # Lightning sets gradients to None when a fit and when a validation begin, and AdamW passes such parameters over.
        self._decayed.grad, self._plain.grad = working.flat_gradients()
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate
        self.optimizer.step()
        working.refresh()
        self._epoch_loss += loss_C

    def validation_loss(self, batch: Batch) -> torch.Tensor:
        """Pinball loss of the shard's coins summed over a batch of the whole cohort, (C,)."""
        q_CQB = self._head.quantiles(network.forward(self._trained, batch.x_CBI[self._coins], network.Scratch())[0])
        return (self._head.pinball(q_CQB, batch.y_CB[self._coins]) * batch.weight_CB[self._coins]).sum(1)

    def _new_optimizer(self, state: FitState, weight_decay: float) -> torch.optim.AdamW:
        """AdamW whose moments are the state's own."""
        groups = [
            {"params": [self._decayed], "weight_decay": weight_decay},
            {"params": [self._plain], "weight_decay": 0.0},
        ]
        optimizer = torch.optim.AdamW(groups, lr=0.0, betas=_BETAS, fused=True)
        moments = (
            (self._decayed, state.decayed_mean, state.decayed_square),
            (self._plain, state.plain_mean, state.plain_square),
        )
        for parameter, mean, square in moments:
            step = torch.tensor(float(state.step), device=parameter.device)
            optimizer.state[parameter] = {
                "step": step,
                "exp_avg": mean[self._coins],
                "exp_avg_sq": square[self._coins],
            }
        return optimizer

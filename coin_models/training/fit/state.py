"""The state of a fit between two steps: what a checkpoint holds.

Data order, dropout and learning rate are absent: they derive from the step number. There is no random state.
"""

from dataclasses import dataclass

import torch


@dataclass(slots=True, kw_only=True, eq=False)
class FitState:
    """State after `step` steps; where a step ends an epoch, after that epoch's validation.

    Shapes: C coins, D decayed and P plain parameters, E epochs.
    """

    step: int
    decayed: torch.Tensor  # (C, D)
    plain: torch.Tensor  # (C, P)
    decayed_mean: torch.Tensor  # AdamW's moments
    decayed_square: torch.Tensor
    plain_mean: torch.Tensor
    plain_square: torch.Tensor
    best_decayed: torch.Tensor
    best_plain: torch.Tensor
    best_loss: torch.Tensor  # (C,) validation pinball of the best epoch
    best_epoch: torch.Tensor  # (C,) int64; 0 is the parent
    epoch_loss: torch.Tensor  # (C,) sum over this epoch's steps so far
    train_curve: torch.Tensor  # (E, C), nan where still to come
    validation_curve: torch.Tensor  # (E, C)

    @classmethod
    def fresh(cls, decayed: torch.Tensor, plain: torch.Tensor, num_epochs: int) -> "FitState":
        """The state before the first step, on the device of the parameters."""
        num_coins = len(decayed)
        unknown = torch.full((num_epochs, num_coins), torch.nan, device=decayed.device)
        return cls(
            step=0,
            decayed=decayed,
            plain=plain,
            decayed_mean=torch.zeros_like(decayed),
            decayed_square=torch.zeros_like(decayed),
            plain_mean=torch.zeros_like(plain),
            plain_square=torch.zeros_like(plain),
            best_decayed=decayed.clone(),
            best_plain=plain.clone(),
            best_loss=torch.full((num_coins,), torch.inf, device=decayed.device),
            best_epoch=torch.zeros(num_coins, dtype=torch.int64, device=decayed.device),
            epoch_loss=torch.zeros(num_coins, device=decayed.device),
            train_curve=unknown,
            validation_curve=unknown.clone(),
        )

    def keep_best(self, loss_C: torch.Tensor, epoch: int) -> None:  # noqa: N803 - a shape suffix
        """Takes the weights as the best of each coin whose validation loss (C,) is better than any before."""
        better_C = loss_C < self.best_loss  # never where it is nan
        self.best_loss.copy_(torch.where(better_C, loss_C, self.best_loss))
        self.best_epoch[better_C] = epoch
        self.best_decayed.copy_(torch.where(better_C.unsqueeze(1), self.decayed, self.best_decayed))
        self.best_plain.copy_(torch.where(better_C.unsqueeze(1), self.plain, self.best_plain))

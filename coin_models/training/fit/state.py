"""All that decides how a fit goes on, between two steps: what a checkpoint holds.

Belongs here: the tensors, their copy on the host, and their bytes. Not here: where the bytes are kept. Data order,
dropout and learning rate are absent: they derive from the step number. So is random state: there is none.
"""

import json
from dataclasses import dataclass, fields

import torch
from safetensors.torch import load, save

from coin_models.errors import CheckpointDamaged

SCHEMA_VERSION = 1


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

    def tensors(self) -> dict[str, torch.Tensor]:
        """Every tensor by name, sharing memory."""
        return {f.name: getattr(self, f.name) for f in fields(self) if f.name != "step"}

    def snapshot(self, spare: "FitState | None" = None) -> "FitState":
        """A copy on the host that training on does not touch; into the memory of `spare`, which is then overwritten."""
        if spare is None:
            copies = {name: tensor.detach().to("cpu", copy=True) for name, tensor in self.tensors().items()}
            return FitState(step=self.step, **copies)
        for name, tensor in spare.tensors().items():
            tensor.copy_(getattr(self, name))
        spare.step = self.step
        return spare

    def moved_to(self, device: torch.device) -> "FitState":
        """The same state on a device."""
        return FitState(step=self.step, **{name: tensor.to(device) for name, tensor in self.tensors().items()})


def encode(state: FitState) -> bytes:
    """The bytes of a host state: safetensors, which holds tensors and nothing that could run."""
    return save(state.tensors(), metadata={"schema_version": str(SCHEMA_VERSION), "step": str(state.step)})


def decode(data: bytes) -> FitState:
    """The state of these bytes.

    Raises:
        CheckpointDamaged: they are no state of this schema.
    """
    try:
        metadata = _metadata(data)
        version = metadata.get("schema_version")
        state = FitState(step=int(metadata["step"]), **load(data)) if version == str(SCHEMA_VERSION) else None
    except Exception as error:  # safetensors raises its own, json and torch theirs
        raise CheckpointDamaged(f"checkpoint of {len(data)} bytes cannot be read: {error}") from error
    if state is None:
        raise CheckpointDamaged(f"checkpoint has schema {version}, this version reads {SCHEMA_VERSION}")
    return state


def _metadata(data: bytes) -> dict[str, str]:
    header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
    return dict(header["__metadata__"])

"""Copies the state of a fit to the host, turns it into bytes and back.

Nothing here decides a weight.
"""

import json
from dataclasses import fields

import torch
from safetensors.torch import load, save

from coin_models.errors import CheckpointDamaged
from coin_models.training.fit.state import FitState

SCHEMA_VERSION = 1


def tensors_of(state: FitState) -> dict[str, torch.Tensor]:
    """Every tensor by name, sharing memory."""
    return {f.name: getattr(state, f.name) for f in fields(state) if f.name != "step"}


def snapshot(state: FitState, spare: FitState | None = None) -> FitState:
    """A copy on the host that training on does not touch; into the memory of `spare`, which is then overwritten."""
    if spare is None:
        copies = {name: tensor.detach().to("cpu", copy=True) for name, tensor in tensors_of(state).items()}
        return FitState(step=state.step, **copies)
    for name, tensor in tensors_of(spare).items():
        tensor.copy_(getattr(state, name))
    spare.step = state.step
    return spare


def moved_to(state: FitState, device: torch.device) -> FitState:
    """The same state on a device."""
    return FitState(step=state.step, **{name: tensor.to(device) for name, tensor in tensors_of(state).items()})


def encode(state: FitState) -> bytes:
    """The bytes of a host state: safetensors, which holds tensors and nothing that could run."""
    return save(tensors_of(state), metadata={"schema_version": str(SCHEMA_VERSION), "step": str(state.step)})


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

"""The state of a fit as bytes."""

import pytest
import torch

from coin_models.errors import CheckpointDamaged
from coin_models.training.checkpoints.encoding import decode, encode, snapshot, tensors_of
from coin_models_tests.training.checkpoints.states import state_after


def test_a_state_of_another_schema_is_refused_with_both_versions_named() -> None:
    data = encode(state_after(1)).replace(b'"schema_version":"1"', b'"schema_version":"0"')

    with pytest.raises(CheckpointDamaged, match="schema 0, this version reads 1"):
        decode(data)


def test_a_state_comes_back_from_its_bytes_as_it_was() -> None:
    state = state_after(7)

    back = decode(encode(state))

    assert back.step == 7
    for name, tensor in tensors_of(state).items():
        torch.testing.assert_close(tensors_of(back)[name], tensor, rtol=0, atol=0, equal_nan=True)


def test_a_snapshot_stays_as_it_was_while_training_moves_the_state() -> None:
    state = state_after(7)
    taken = snapshot(state)
    state.decayed.fill_(-1.0)
    state.step = 8

    assert taken.step == 7
    assert taken.decayed.unique().tolist() == [7.0]


def test_a_snapshot_into_spare_memory_overwrites_it() -> None:
    spare = snapshot(state_after(1))
    memory = spare.decayed.data_ptr()
    taken = snapshot(state_after(2), spare)

    assert taken is spare
    assert (taken.step, taken.decayed.data_ptr()) == (2, memory)
    assert torch.equal(taken.decayed, state_after(2).decayed)


@pytest.mark.parametrize("data", [b"", b"\x00" * 8, b"not a state at all"])
def test_bytes_that_are_no_state_are_damaged(data: bytes) -> None:
    with pytest.raises(CheckpointDamaged, match=f"checkpoint of {len(data)} bytes cannot be read"):
        decode(data)

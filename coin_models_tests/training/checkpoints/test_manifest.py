"""The manifest of a checkpoint."""

from dataclasses import replace
from datetime import datetime

import pytest

from coin_models.errors import CheckpointDamaged
from coin_models.storage.memory import MemoryStore
from coin_models.training.checkpoints.manifest import decode_manifest, encode_manifest
from coin_models_tests.training.checkpoints.states import chain, save_locally, state_after


def test_a_manifest_comes_back_from_its_json_as_it_was() -> None:
    manifest = save_locally(chain(MemoryStore(), MemoryStore()), state_after(7)).manifest

    assert decode_manifest(encode_manifest(manifest)) == manifest
    assert manifest.coins == ("AAA", "BBB")


def test_a_checkpoint_of_the_version_before_has_no_arithmetic_and_is_read() -> None:
    before = (
        b'{"schema_version": 1, "day": "2024-06-01", "cohort_id": "c", "step": 5, "fingerprints": {"AAA": "f"}, '
        b'"size": 1, "sha256": "s", "saved_at": "2024-06-02T02:00:00+00:00"}'
    )

    assert decode_manifest(before).arithmetic == ()


@pytest.mark.parametrize("data", [b"", b"[]", b"null", b"{}", b'{"schema_version": 1}', b"\xff"])
def test_what_is_no_manifest_is_damaged(data: bytes) -> None:
    with pytest.raises(CheckpointDamaged):
        decode_manifest(data)


def test_a_time_without_a_zone_is_refused() -> None:
    manifest = save_locally(chain(MemoryStore(), MemoryStore()), state_after(7)).manifest

    with pytest.raises(ValueError, match="has no time zone"):
        replace(manifest, saved_at=datetime(2024, 6, 2))  # noqa: DTZ001 - the fault under test

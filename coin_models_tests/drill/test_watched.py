"""The watched workshop sees each phase at its seam and changes nothing."""

from pathlib import Path

import pytest

from coin_models.drill.phases import PhaseBoard
from coin_models.drill.watched import WatchedStore
from coin_models.storage.memory import MemoryStore


@pytest.mark.parametrize(
    ("key", "phase"),
    [
        ("candles/5m/BTC/2024-08-01.parquet", "candles"),
        ("checkpoints/2024-08-01/0123456789abcdef/000000030/state.bin", "uploading"),
        ("models/BTC/2024-08-01/0123456789abcdef/weights-0123456789abcdef.safetensors", "weights"),
        ("models/BTC/2024-08-01/0123456789abcdef/manifest-0123456789abcdef.json", "manifest"),
    ],
)
def test_a_put_is_seen_as_the_phase_that_its_key_tells(key: str, phase: str, tmp_path: Path) -> None:
    board = PhaseBoard(tmp_path / "phase")
    seen: list[str] = []
    inner = MemoryStore(fault=lambda moment, key: seen.append(board.see().phase))
    WatchedStore(inner, board).put(key, b"bytes")

    assert set(seen) == {phase}
    assert inner.get(key) == b"bytes"
    assert board.see().phase == "start-up"  # what it was before

"""The instrumented services notice each phase and change nothing."""

from datetime import date
from pathlib import Path

import pytest

from coin_models.drill.instrumented import WatchedStore, watch_statements
from coin_models.drill.phases import PhaseMarker
from coin_models.operations.attempts import AttemptAction, ComputeUsage, Outcome
from coin_models.pipeline.services import Services
from coin_models.settings.root import Settings
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
    board = PhaseMarker(tmp_path / "phase")
    seen: list[str] = []
    inner = MemoryStore(fault=lambda moment, key: seen.append(board.see().phase))
    WatchedStore(inner, board).put(key, b"bytes")

    assert set(seen) == {phase}
    assert inner.get(key) == b"bytes"
    assert board.see().phase == "start-up"  # what it was before


def test_the_end_of_an_attempt_is_the_event_and_a_heartbeats_note_is_not(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    services, board = Services(settings=settings), PhaseMarker(tmp_path / "phase")
    session = services.sessions.open(settings.costs, code_version="c")
    (attempt,) = services.attempts.begin(["BTC"], date(2024, 8, 1), session.session_id).values()
    watch_statements(services.database, board)
    board.enter("row")

    services.attempts.note([attempt], ComputeUsage(steps_done=3))
    assert board.see().phase == "row"

    services.attempts.finish(attempt, Outcome.DONE, action=AttemptAction.TRAINED)
    assert board.see().phase == "event"
    services.database.close()

"""A foreign error that quotes a secret reaches Dagster's events without it."""

from pathlib import Path

import pytest
from dagster import AssetExecutionContext, asset, materialize

from coin_models.defs.instance.home import open_instance
from coin_models.settings.load import load_settings

_KEY = "hunter2hunter2"


def _connect() -> None:
    raise OSError(f"http://me:{_KEY}@proxy.example did not answer")


@asset
def failing(context: AssetExecutionContext) -> None:
    context.log.warning("%s was refused", _KEY)
    try:
        _connect()
    except OSError as error:
        raise RuntimeError("the fit failed") from error


def test_neither_log_line_nor_stack_trace_of_an_event_holds_a_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COIN_MODELS_HOME", str(tmp_path))
    monkeypatch.setenv("COIN_MODELS_NOTIFY_HEARTBEAT_URL", f"https://monitor.example/{_KEY}")
    with open_instance(load_settings()) as instance:
        result = materialize([failing], instance=instance, raise_on_error=False)
        texts = [str(record.event_log_entry) for record in instance.get_records_for_run(result.run_id).records]

    assert any("http://me:***@proxy.example did not answer" in text for text in texts)
    assert any("*** was refused" in text for text in texts)
    assert [path.name for path in tmp_path.rglob("*") if path.is_file() and _KEY.encode() in path.read_bytes()] == []

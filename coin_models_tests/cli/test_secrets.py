"""A secret planted in every credential setting is found in no output, file, log or event of commands that fail."""

import logging
from pathlib import Path

import pytest
from pydantic import SecretStr

from coin_models.settings.root import Settings
from coin_models_tests.cli.running import Ran, coin_models

_SECRET = "hunter2hunter2"
_UNREACHABLE = "127.0.0.1:9"  # the port of `discard`: no server listens

_DATABASE = {"database_url": f"postgresql://me:{_SECRET}@{_UNREACHABLE}/name?connect_timeout=1"}
_STORE = {
    "store_url": "s3://bucket",
    "store_endpoint_url": f"http://{_UNREACHABLE}",
    "store_access_key_id": f"{_SECRET}id",
    "store_secret_access_key": f"{_SECRET}key",
}
_CHANNEL = {
    "notify_urls": f"json://me:{_SECRET}@{_UNREACHABLE}/{_SECRET},tgram://{_SECRET}/{_SECRET}",
    "notify_heartbeat_url": f"http://me:{_SECRET}@{_UNREACHABLE}/{_SECRET}?key={_SECRET}",
}

_EXCHANGE = {
    "source": "exchange",
    "universe": "BTC",
    "market_exchange_base_url": f"http://me:{_SECRET}@{_UNREACHABLE}/?key={_SECRET}",
    "market_exchange_attempts": "1",
}

_COMMANDS = [
    (["settings"], _EXCHANGE),
    (["settings", "--json"], _EXCHANGE),
    (["doctor", "--json"], _EXCHANGE),
    (["retrain", "--day", "2024-08-15"], _EXCHANGE),
    (["settings", "--json"], {**_DATABASE, **_STORE, **_CHANNEL}),
    (["doctor", "--json"], {**_STORE, **_CHANNEL}),
    (["models", "verify"], {**_STORE, **_CHANNEL}),
    (["status"], {"database_url": f"me:{_SECRET}@host/name"}),
    (["status"], {"database_url": f"mysql://me:{_SECRET}@host/name"}),
    (["status"], {"database_url": f"postgresql://me:{_SECRET}@:port/name"}),
    (["status"], {"store_secret_access_key": _SECRET}),
    (["status"], {"store_url": f"s3://me:{_SECRET}@bucket"}),
    (["status"], {"store_url": "s3://bucket", "store_endpoint_url": f"http://me:{_SECRET}@{_UNREACHABLE}"}),
    (["status"], {**_CHANNEL, "notify_max_attempts": "none"}),
    (["status"], {**_DATABASE, **_STORE, "universe": "no-coin", "quote": "x"}),
]


def _left_behind(folder: Path) -> list[str]:
    return [str(path) for path in folder.rglob("*") if path.is_file() and _SECRET.encode() in path.read_bytes()]


def test_the_planted_settings_are_all_the_secret_ones() -> None:
    secret = {name for name, field in Settings.model_fields.items() if "SecretStr" in str(field.annotation)}
    notify = Settings.model_fields["notify"].annotation
    assert notify is not None
    secret |= {f"notify_{name}" for name, field in notify.model_fields.items() if "SecretStr" in str(field.annotation)}

    assert secret == {
        name for name in {**_DATABASE, **_STORE, **_CHANNEL} if name not in ("store_url", "store_endpoint_url")
    }


@pytest.mark.parametrize(
    ("arguments", "variables"), _COMMANDS, ids=lambda value: str(value).replace(_SECRET, "***")[:60]
)
def test_no_output_and_no_file_of_a_command_holds_a_secret(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, arguments: list[str], variables: dict[str, str]
) -> None:
    caplog.set_level(logging.INFO)  # boto3 writes requests down at DEBUG, key id included: DEBUG must stay off
    ran: Ran = coin_models(tmp_path, *arguments, **variables)

    assert ran.stdout or ran.stderr
    assert _SECRET not in ran.stdout + ran.stderr + caplog.text
    assert _left_behind(tmp_path) == []


def test_a_run_that_fails_leaves_no_secret_in_output_logs_or_event_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "candles").mkdir()
    (tmp_path / "candles" / "BTC_USDT.csv").write_text("no candles\n")
    variables = {**_CHANNEL, "source": "files", "market_files_path": str(tmp_path / "candles")}
    caplog.set_level(logging.INFO)  # boto3 writes requests down at DEBUG, key id included: DEBUG must stay off
    ran = coin_models(tmp_path, "retrain", "--day", "2024-08-15", "--coins", "BTC", **variables)

    assert ran.code == 1, ran.text
    assert (tmp_path / ".coin_models" / "dagster").exists()
    assert _SECRET not in ran.stdout + ran.stderr + caplog.text
    assert _left_behind(tmp_path) == []


def test_a_secret_setting_does_not_print_itself() -> None:
    loaded = Settings(source="demo", database_url=SecretStr(f"postgresql://me:{_SECRET}@host/name"))

    assert _SECRET not in f"{loaded} {loaded!r} {loaded.model_dump_json()}"

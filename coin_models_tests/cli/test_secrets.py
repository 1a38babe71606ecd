"""A secret planted in every credential setting is found in no output, file, log or event of commands that fail."""

import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import inspect, make_url, text

from coin_models.dev_stack.stack import StackAccess
from coin_models.exit_codes import ExitCode
from coin_models.settings.root import Settings
from coin_models.storage.factory import build_store
from coin_models_tests.backends import engine, fresh_database, stack_settings
from coin_models_tests.cli.retraining_homes import SMALL
from coin_models_tests.cli.running import Ran, coin_models
from coin_models_tests.settings.planted import SECRET, UNREACHABLE, planted

_SECRET, _UNREACHABLE = SECRET, UNREACHABLE
_AT_ONCE = {
    "operations_database_wait_seconds": "0",
    "operations_store_wait_seconds": "0",
    "market_exchange_attempts": "1",
}

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
    "notify_telegram_bot_token": f"1:{_SECRET}",
    "notify_telegram_chat_id": "7",
    "notify_telegram_api_url": f"http://{_UNREACHABLE}",
}

_EXCHANGE = {
    "source": "exchange",
    "universe": "BTC",
    "market_exchange_base_url": f"http://me:{_SECRET}@{_UNREACHABLE}/?key={_SECRET}",
    "market_exchange_attempts": "1",
}

_FLEET = {"fleet_broker_url": f"redis://:{_SECRET}@{_UNREACHABLE}/0", "fleet_broker_wait_seconds": "0.1"}

_SERVE = {"serve_token": f"{_SECRET}{_SECRET}"}

_COMMANDS = [
    (["serve", "--port", "70000"], _SERVE),
    (["serve"], _SERVE),
    (["status"], {"serve_token": f"{_SECRET} {_SECRET}"}),
    (["status"], {**_DATABASE, **_FLEET, "log_format": "json", "operations_database_wait_seconds": "0"}),
    (["doctor", "--json"], _EXCHANGE),
    (["retrain", "--day", "2024-08-15"], _EXCHANGE),
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


def _named(*others: str) -> dict[str, str]:
    """Every secret of the settings, as `coin_models` takes it, without the settings that begin with one of these names."""
    names = {name.removeprefix("COIN_MODELS_").lower(): value for name, value in planted().items()}
    return {name: value for name, value in names.items() if not name.startswith(others)} | _AT_ONCE


def _left_behind(folder: Path) -> list[str]:
    return [str(path) for path in folder.rglob("*") if path.is_file() and _SECRET.encode() in path.read_bytes()]


@pytest.mark.parametrize("arguments", ["settings", "settings --json", "status", "retrain", "worker"])
def test_no_output_and_no_file_holds_a_secret_where_every_setting_is_planted(
    arguments: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    ran = coin_models(tmp_path, *arguments.split(), **_named())

    assert ran.stdout or ran.stderr
    assert _SECRET not in ran.stdout + ran.stderr + caplog.text
    assert _left_behind(tmp_path) == []


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


def run_that_fails(folder: Path, **variables: str) -> "subprocess.CompletedProcess[str]":
    """A retraining in its own process, in which a library's error, of the coin BTC, quotes the secret."""
    failing = (
        "import coin_models.market.sources.demo as demo\n"
        "from coin_models.cli.main import main\n"
        "fetch = demo.DemoSource.fetch\n"
        "def refuse(self, coin, *arguments, **options):\n"
        "    if coin != 'BTC':\n"
        "        return fetch(self, coin, *arguments, **options)\n"
        f"    raise ValueError('GET http://me:{_SECRET}@{_UNREACHABLE}/?key={_SECRET} failed')\n"
        "demo.DemoSource.fetch = refuse\n"
        "main()\n"
    )
    plain = {name: value for name, value in os.environ.items() if not name.startswith("COIN_MODELS_")}
    own = {**_named("database", "store", "fleet"), "universe": "BTC", **variables}
    environment = {**plain, **{f"COIN_MODELS_{name.upper()}": value for name, value in own.items()}}
    command = [sys.executable, "-c", failing, "retrain", "--day", "2024-08-15"]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_a_foreign_error_that_quotes_a_secret_is_found_nowhere(tmp_path: Path) -> None:
    """The error within the step, its traceback, Dagster's event, the attempt."""
    ran = run_that_fails(tmp_path)

    assert ran.returncode != 0, ran.stdout + ran.stderr
    assert "***" in ran.stdout + ran.stderr
    assert _SECRET not in ran.stdout + ran.stderr
    assert list((tmp_path / ".coin_models" / "dagster").rglob("*.db"))
    assert _left_behind(tmp_path) == []


@pytest.mark.proof
def test_no_row_object_message_or_report_holds_a_secret_of_any_setting(
    tmp_path: Path, stack_access: StackAccess
) -> None:
    """On PostgreSQL and S3: each row of each table as text (Dagster's events and runs, attempts, messages), each object."""
    real = {"store_url": f"{stack_access.store_url}/secrets", "store_endpoint_url": stack_access.s3_endpoint_url}
    real |= {"store_access_key_id": stack_access.s3_access_key_id}
    real |= {"store_secret_access_key": stack_access.s3_secret_access_key, "source": "demo"}
    with fresh_database(stack_access) as url:
        variables = {**_named(), **SMALL, **real, "database_url": url, "universe": "BTC,ETH"}
        ran = run_that_fails(tmp_path, **variables)
        reports = [
            coin_models(tmp_path, *words.split(), **variables)
            for words in ("report --day 2024-08-15", "metrics", "doctor --json", "notify status")
        ]
        password = make_url(url).password
        with engine(url).connect() as connection:
            tables = inspect(connection).get_table_names()
            texts = {
                name: "\n".join(connection.execute(text(f'SELECT "{name}"::text FROM "{name}"')).scalars())  # noqa: S608
                for name in tables
            }
        settings = stack_settings(stack_access, home=tmp_path, database_url=url, prefix="secrets")
        store = build_store(settings)
        objects = {item.key: store.get(item.key) for item in store.list("")}

    assert ran.returncode == ExitCode.SOME_FAILED, ran.stdout + ran.stderr
    assert "***" in texts["event_logs"]
    assert "***" in texts["attempts"]
    assert "***" in reports[0].stdout
    assert [key for key in objects if key.endswith(".html")]
    shown = ran.stdout + ran.stderr + "".join(report.stdout + report.stderr for report in reports)
    keys = (_SECRET, stack_access.s3_secret_access_key)
    for secret in (*keys, *([password] if password and len(password) > 8 else [])):
        assert [name for name, content in texts.items() if secret in content] == []
        assert [key for key, content in objects.items() if secret.encode() in content] == []
        assert secret not in shown
    assert _left_behind(tmp_path) == []


def test_a_secret_setting_does_not_print_itself() -> None:
    loaded = Settings(source="demo", database_url=SecretStr(f"postgresql://me:{_SECRET}@host/name"))

    assert _SECRET not in f"{loaded} {loaded!r} {loaded.model_dump_json()}"

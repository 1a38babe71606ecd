"""The sensor's ticks."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from dagster import DagsterInstance, DefaultSensorStatus, SkipReason, build_sensor_context
from pydantic import SecretStr
from sqlalchemy import insert

from coin_models.db.opening import open_database
from coin_models.db.schema import sessions
from coin_models.defs.build import build_definitions
from coin_models.defs.sensors.notifications import build_notifications
from coin_models.settings.costs import NotifySettings
from coin_models.settings.root import Settings
from coin_models_tests.defs.fixtures import small_settings
from coin_models_tests.reporting.notifications.conftest import Collector

COINS = ("BTC", "ETH", "SOL")


def _with_channel(settings: Settings, port: int) -> Settings:
    url = SecretStr(f"json://127.0.0.1:{port}/secret-path")
    return settings.model_copy(update={"notify": NotifySettings(urls=(url,))})


def _tick(settings: Settings, tell: Callable[[], object] | None = None) -> str:
    sensor = build_notifications(settings, COINS, tell)
    with DagsterInstance.ephemeral() as instance, build_sensor_context(instance) as context:
        result = sensor(context)
    assert isinstance(result, SkipReason)
    return result.skip_message or ""


def test_the_sensor_runs_unless_somebody_stops_it(tmp_path: Path) -> None:
    sensor = build_definitions(small_settings(tmp_path)).resolve_sensor_def("notifications")

    assert sensor.default_status is DefaultSensorStatus.RUNNING


def test_without_a_channel_a_tick_says_so_and_touches_nothing(tmp_path: Path) -> None:
    message = _tick(small_settings(tmp_path / "home"))

    assert message == "no channel is configured (COIN_MODELS_NOTIFY_URLS): no notifications"
    assert not (tmp_path / "home").exists()


def test_a_tick_says_in_words_what_was_told(tmp_path: Path) -> None:
    settings = _with_channel(small_settings(tmp_path), 1)

    assert _tick(settings, lambda: "2 message(s) delivered") == "2 message(s) delivered"


def test_a_tick_delivers_what_the_tables_tell_once(tmp_path: Path) -> None:
    collector = Collector()
    try:
        settings = _with_channel(small_settings(tmp_path), collector.port)
        _add_lost_session(settings)

        first, again = _tick(settings), _tick(settings)
    finally:
        collector.close()

    assert first == "new: Interrupted on m; 1 message(s) delivered"
    assert again == "nothing to send"
    assert [body["title"] for body in collector.bodies] == ["Interrupted on m"]


def _add_lost_session(settings: Settings) -> None:
    database, now = open_database(settings), datetime.now(UTC)
    with database.begin() as connection:
        connection.execute(
            insert(sessions).values(
                id="s1", machine="m", provider="runpod", market="spot", gpu=None, price_usd_per_hour=0.2,
                process_id=1, host="h", code_version="c", started_at=now, heartbeat_at=now, ended_at=now, end_reason="lost",
            )
        )  # fmt: skip
    database.close()

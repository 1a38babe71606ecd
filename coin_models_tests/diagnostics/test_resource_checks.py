"""The doctor's checks of disk, candles, device, quarantine and channels."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert

from coin_models.clock import FixedClock
from coin_models.db.schema import outbox
from coin_models.diagnostics.findings import Level, examined
from coin_models.diagnostics.resource_checks import (
    check_channels,
    check_device,
    check_disk,
    check_quarantine,
    check_source,
)
from coin_models.diagnostics.storage_checks import (
    quick_database,
)
from coin_models.market.candles import Candles
from coin_models.market.sources.demo import DemoSource
from coin_models.market.timeframe import parse_timeframe
from coin_models.operations.attempts import AttemptAction, Outcome
from coin_models.pipeline.candles import ensure_candles
from coin_models.pipeline.plan.gather import plan_now
from coin_models.pipeline.services import Services
from coin_models.reporting.notifications.channels import build_channels
from coin_models.settings.costs import NotifySettings
from coin_models.settings.root import Settings
from coin_models.settings.training import TrainingSettings
from coin_models_tests.backends import Backend

_DAY = date(2024, 8, 15)
_DEMO = DemoSource(7, parse_timeframe("5m"), FixedClock(datetime(2024, 8, 16, 12, tzinfo=UTC)))


def test_a_source_with_a_whole_newest_day_is_ok() -> None:
    assert check_source(_DEMO, ("BTC", "ETH"), _DAY, Settings().market).level is Level.OK


def test_a_coin_that_the_source_does_not_have_is_an_error_that_names_it() -> None:
    finding = check_source(_DEMO, ("BTC", "NOPE"), _DAY, Settings().market)

    assert finding.level is Level.ERROR
    assert "NOPE" in finding.text


class _Stale:
    name = "stale"

    def coins(self) -> tuple[str, ...]:
        return ("BTC",)

    def fetch(self, coin: str, first: date, last: date) -> Candles:
        return _DEMO.fetch(coin, first, last - timedelta(days=1))


def test_a_source_that_ends_before_the_newest_day_is_a_warning() -> None:
    finding = check_source(_Stale(), ("BTC",), _DAY, Settings().market)

    assert finding.level is Level.WARNING
    assert "BTC has 0 of 288 candles of 2024-08-15" in finding.text


def test_too_little_disk_is_an_error(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, operations={"min_free_disk_mib": 10**9})  # type: ignore[arg-type]
    finding = examined("disk", lambda: check_disk(settings))

    assert finding.level is Level.ERROR


def test_a_coin_day_out_of_attempts_is_a_warning_that_names_it(embedded: Backend) -> None:
    services = Services(settings=embedded.settings, clock=FixedClock(datetime(2024, 8, 16, 12, tzinfo=UTC)))
    list(ensure_candles(services, _DAY, _DAY, ["ETH"]))
    wanted = {"ETH": plan_now(services, [_DAY], ["ETH"])["ETH", _DAY].fingerprint or ""}
    session = services.sessions.open(embedded.settings.costs, code_version="test")
    for _ in range(embedded.settings.operations.max_attempts):
        failed = {"ETH": (Outcome.FAILED, AttemptAction.FAILED, "of the test")}
        services.attempts.record(_DAY, session.session_id, failed, run_id=None, fingerprints=wanted)
    finding = check_quarantine(services, quick_database(embedded.settings))

    assert finding.level is Level.WARNING
    assert "1 coin-day(s) quarantined after 3 errors: ETH 2024-08-15" in finding.text


def test_nothing_given_up_is_ok(embedded: Backend) -> None:
    embedded.open_database().close()
    services = Services(settings=embedded.settings)

    assert check_quarantine(services, quick_database(embedded.settings)).level is Level.OK


def test_a_channel_that_has_sent_nothing_yet_is_ok(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, notify={"urls": "json://127.0.0.1:9"})  # type: ignore[arg-type]
    finding = check_channels(settings, None)

    assert (finding.level, finding.text) == (Level.OK, "1 channel(s), nothing sent yet")


def test_a_channel_that_takes_nothing_is_a_warning(embedded: Backend) -> None:
    settings = embedded.settings.model_copy(update={"notify": NotifySettings(urls="json://127.0.0.1:9")})  # type: ignore[arg-type]
    (channel,) = build_channels(settings.notify)
    database = embedded.open_database()
    now = datetime(2024, 8, 16, tzinfo=UTC)
    with database.begin() as connection:
        connection.execute(
            insert(outbox).values(
                event_key="test",
                channel=channel.channel_id,
                kind="test",
                payload={},
                created_at=now,
                attempts=12,
                not_before=now,
                given_up_at=now,
                last_error="refused",
            )
        )
    finding = check_channels(settings, database)

    assert finding.level is Level.WARNING
    assert "refused" in finding.text


def test_where_torch_is_installed_the_device_is_named() -> None:
    training = TrainingSettings(accelerator="cpu", num_threads=3, cohort_size=5)
    finding = check_device(training, processor_flags=frozenset())

    assert (finding.level, finding.text) == (Level.OK, "cpu, 3 threads, cohorts of 5 coins")


@pytest.mark.parametrize(
    ("precision", "flag", "is_named"),
    [
        ("float32", "avx512_bf16", True),
        ("float32", "amx_bf16", True),
        ("float32", "avx2", False),
        ("bf16", "amx_bf16", False),
    ],
)
def test_bf16_is_named_where_the_processor_has_it_and_it_is_not_used(precision: str, flag: str, is_named: bool) -> None:
    training = TrainingSettings.model_validate({"accelerator": "cpu", "precision": precision})

    finding = check_device(training, processor_flags=frozenset({"avx2", flag}))

    assert finding.level is Level.OK
    assert ("COIN_MODELS_TRAINING_PRECISION=bf16" in finding.text) is is_named

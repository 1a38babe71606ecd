"""The doctor: one finding per check, with what to do, and an exit code."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import column, insert, table, update

from coin_models.clock import FixedClock
from coin_models.db.migrate import VERSION_TABLE
from coin_models.db.schema import outbox
from coin_models.diagnostics.findings import Finding, Level, examined
from coin_models.diagnostics.resource_checks import (
    check_channels,
    check_device,
    check_disk,
    check_quarantine,
    check_source,
)
from coin_models.diagnostics.storage_checks import (
    check_clock,
    check_database,
    check_secret_file,
    check_store,
    quick_database,
)
from coin_models.errors import ObjectExists, StoreRefused, StoreUnavailable
from coin_models.market.candles import Candles
from coin_models.market.sources.demo import DemoSource
from coin_models.market.timeframe import parse_timeframe
from coin_models.operations.attempts import AttemptAction, Outcome
from coin_models.pipeline.candles import ensure_candles
from coin_models.pipeline.plan.gather import plan_now
from coin_models.pipeline.services import Services
from coin_models.reporting.notifications.channels import build_channels
from coin_models.settings.costs import NotifySettings
from coin_models.settings.load import EffectiveSetting
from coin_models.settings.root import Settings
from coin_models.settings.training import TrainingSettings
from coin_models.storage.memory import MemoryStore
from coin_models.storage.object_store import ObjectInfo
from coin_models_tests.backends import Backend
from coin_models_tests.cli.running import coin_models

_DAY = date(2024, 8, 15)
_DEMO = DemoSource(7, parse_timeframe("5m"), FixedClock(datetime(2024, 8, 16, 12, tzinfo=UTC)))


def test_without_a_home_there_are_no_errors_and_none_is_made(tmp_path: Path) -> None:
    ran = coin_models(tmp_path, "doctor", "--json")
    findings = {finding["check"]: finding for finding in ran.json()}

    assert ran.code == 0
    assert set(findings) == {
        *(
            "settings",
            "disk",
            "database",
            "store",
            "identity",
            "clock",
            "candles",
            "device",
            "quarantine",
            "notifications",
        ),
        *("dagster home", "dagster daemon", "automation"),
    }
    assert [name for name, finding in findings.items() if finding["level"] == "error"] == []
    assert findings["dagster daemon"]["level"] == "warning"
    assert list(tmp_path.iterdir()) == []


def test_wrong_settings_are_a_finding_and_exit_code_1(tmp_path: Path) -> None:
    ran = coin_models(tmp_path, "doctor", "--json", timeframe="7m")

    assert ran.code == 1
    assert [(finding["check"], finding["level"]) for finding in ran.json()] == [("settings", "error")]


def test_a_store_that_cannot_be_used_hides_no_other_check(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    ran = coin_models(tmp_path, "doctor", "--json", store_url=str(tmp_path / "file"))
    levels = {finding["check"]: finding["level"] for finding in ran.json()}

    assert ran.code == 1
    assert (levels["store"], levels["candles"], levels["automation"]) == ("error", "ok", "ok")


def test_a_folder_of_candles_that_is_not_there_is_an_error_with_its_path(tmp_path: Path) -> None:
    ran = coin_models(tmp_path, "doctor", "--json", source="files", market_files_path="nowhere")
    (finding,) = [finding for finding in ran.json() if finding["check"] == "candles"]

    assert ran.code == 1
    assert finding["level"] == "error"
    assert "nowhere cannot be read" in finding["text"]


def test_a_finding_that_is_not_ok_needs_advice() -> None:
    with pytest.raises(ValueError, match="needs advice"):
        Finding(name="store", level=Level.WARNING, text="slow")


def test_an_error_met_by_a_check_becomes_its_finding() -> None:
    def refuse() -> Finding:
        raise StoreRefused("bucket 'x' does not exist")

    finding = examined("store", refuse)

    assert (finding.name, finding.level, finding.text) == ("store", Level.ERROR, "bucket 'x' does not exist")


def test_a_good_store_is_ok_and_left_as_it_was() -> None:
    store = MemoryStore()
    finding = check_store(store)

    assert finding.level is Level.OK
    assert store.list("") == []


def test_a_store_that_fails_in_the_middle_is_left_as_it_was() -> None:
    store = MemoryStore()

    def fail_to_list(moment: str, key: str) -> None:
        if moment == "list":
            raise StoreUnavailable(f"503 at {key}")

    store.fault = fail_to_list
    finding = examined("store", lambda: check_store(store))
    store.fault = lambda moment, key: None

    assert finding.level is Level.ERROR
    assert store.list("") == []


class _Unconditional(MemoryStore):
    def put(self, key: str, data: bytes, *, if_absent: bool = False, durable: bool = True) -> ObjectInfo:
        try:
            return super().put(key, data, if_absent=if_absent, durable=durable)
        except ObjectExists:
            return super().put(key, data)


def test_a_store_without_conditional_put_is_a_warning() -> None:
    finding = check_store(_Unconditional())

    assert finding.level is Level.WARNING
    assert "conditional put is ignored" in finding.text


class _Undeletable(MemoryStore):
    def delete(self, key: str) -> None:
        del key


def test_a_store_that_keeps_what_was_deleted_is_an_error() -> None:
    assert check_store(_Undeletable()).level is Level.ERROR


class _Eventual(MemoryStore):
    def list(self, prefix: str) -> list[ObjectInfo]:
        del prefix
        return []


def test_a_store_whose_listing_lags_behind_is_an_error() -> None:
    finding = check_store(_Eventual())

    assert finding.level is Level.ERROR
    assert "not consistent" in finding.advice


def test_the_database_is_ok_at_the_newest_revision_on_both_back_ends(backend: Backend) -> None:
    backend.open_database().close()
    database = quick_database(backend.settings)
    finding = check_database(database, backend.settings)

    assert finding.level is Level.OK
    assert "a query" in finding.text


def test_a_database_that_is_not_made_yet_is_ok_and_stays_unmade(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home")
    finding = check_database(quick_database(settings), settings)

    assert finding.level is Level.OK
    assert not (tmp_path / "home").exists()


def test_tables_of_another_revision_are_a_warning(embedded: Backend) -> None:
    database = embedded.open_database()
    with database.begin() as connection:
        connection.execute(update(table(VERSION_TABLE, column("version_num"))).values(version_num="9999"))
    finding = check_database(quick_database(embedded.settings), embedded.settings)

    assert finding.level is Level.WARNING
    assert "tables at 9999" in finding.text


@pytest.mark.parametrize(
    ("offsets", "level"),
    [
        ({}, Level.OK),
        ({"store": 1.5, "database": -0.2}, Level.OK),
        ({"store": 1.5, "database": -3.0}, Level.WARNING),
        ({"store": 14.0}, Level.WARNING),
        ({"store": -16.0}, Level.ERROR),  # beyond half of a lease of 30 s
    ],
)
def test_clocks_that_disagree_are_worse_the_nearer_to_the_life_of_a_lease(
    offsets: dict[str, float], level: Level
) -> None:
    assert check_clock(offsets, lease_seconds=30.0).level is level


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


@pytest.mark.parametrize(("mode", "level"), [(0o600, Level.OK), (0o644, Level.WARNING)])
def test_a_file_with_secrets_is_for_its_owner_alone(tmp_path: Path, mode: int, level: Level) -> None:
    path = tmp_path / "coin_models.toml"
    path.write_text("")
    path.chmod(mode)
    row = EffectiveSetting(name="database_url", value="**********", origin=path.name, description="")

    assert check_secret_file(path, [row]).level is level


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
    finding = check_device(TrainingSettings(accelerator="cpu", num_threads=3, cohort_size=5))

    assert (finding.level, finding.text) == (Level.OK, "cpu, 3 threads, cohorts of 5 coins")

"""Keys are built from validated parts only, and sort by time."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coin_models.errors import StoreRefused
from coin_models.storage import keys
from coin_models.storage.object_store import check_key

DAY = date(2024, 8, 15)
DIGEST = "0123456789abcdef" * 4


def test_every_key_is_where_the_layout_says() -> None:
    assert keys.candle_day("5m", "BTC", DAY, DIGEST) == "candles/5m/BTC/2024-08-15-0123456789abcdef.parquet"
    assert keys.legacy_candle_day("5m", "BTC", DAY) == "candles/5m/BTC/2024-08-15.parquet"
    assert keys.model_weights("BTC", DAY, DIGEST, "f" * 64) == (
        f"models/BTC/2024-08-15/{DIGEST}/weights-ffffffffffffffff.safetensors"
    )
    assert keys.model_manifest("BTC", DAY, DIGEST, "f" * 64).endswith(f"/{DIGEST}/manifest-ffffffffffffffff.json")
    assert keys.checkpoint_state(DAY, DIGEST, 42) == f"checkpoints/2024-08-15/{DIGEST}/000000042/state.bin"
    assert keys.checkpoint_manifest(DAY, DIGEST, 42).endswith("/000000042/manifest.json")
    assert keys.report(DAY, "report.html") == "reports/2024-08-15/report.html"
    assert keys.backup_part("20260310T020000Z", "model_versions", 3) == (
        "backups/20260310T020000Z/model_versions-00003.jsonl.gz"
    )
    assert keys.backup_manifest("20260310T020000Z") == "backups/20260310T020000Z/manifest.json"
    assert keys.forecast_day("BTC", DAY, DIGEST) == "forecasts/BTC/2024-08-15-0123456789abcdef.parquet"
    assert keys.decisions(DAY) == "decisions/2024-08-15.json"
    assert keys.probe("0123456789abcdef" * 2) == "doctor/0123456789abcdef0123456789abcdef"


def test_a_key_that_holds_a_digest_is_immutable_and_a_models_digest_is_of_its_bytes() -> None:
    weights, candles = keys.model_weights("BTC", DAY, DIGEST, "f" * 64), keys.candle_day("5m", "BTC", DAY, DIGEST)

    assert [keys.is_immutable(key) for key in (weights, candles)] == [True, True]
    assert [keys.digest_of_bytes(key) for key in (weights, candles)] == ["f" * 16, None]
    assert not keys.is_immutable(keys.report(DAY, "report.html"))
    assert not keys.is_immutable(keys.legacy_candle_day("5m", "BTC", DAY))


def test_a_key_of_forecasts_is_read_back_and_its_digest_is_of_its_bytes() -> None:
    key = keys.forecast_day("BTC", DAY, DIGEST)

    assert keys.forecast_day_of(key) == ("BTC", DAY, DIGEST[:16])
    assert keys.digest_of_bytes(key) == DIGEST[:16]
    assert keys.is_immutable(key)
    for other in ("forecasts/BTC/notes.txt", f"candles/BTC/{key[-35:]}", key.replace("08-15", "02-31"), f"x/{key}"):
        assert keys.forecast_day_of(other) is None


@pytest.mark.parametrize("stamp", ["", "2026-03-10", "../20260310T020000Z", "20260310T020000Z/x"])
def test_a_time_that_is_no_backups_makes_no_key(stamp: str) -> None:
    with pytest.raises(StoreRefused):
        keys.backup_manifest(stamp)


def test_the_day_of_a_candle_key_is_read_back_only_of_keys_of_the_version_before() -> None:
    assert keys.legacy_candle_day_of(keys.legacy_candle_day("5m", "BTC", DAY)) == DAY
    assert keys.legacy_candle_day_of(keys.candle_day("5m", "BTC", DAY, DIGEST)) is None


@pytest.mark.parametrize("coin", ["", "btc", "../BTC", "BTC/USDT", "BTC\n", "A" * 21, "ß"])
def test_a_coin_that_is_no_asset_name_makes_no_key(coin: str) -> None:
    with pytest.raises(StoreRefused, match="cannot be part of an object key"):
        keys.candle_day("5m", coin, DAY, DIGEST)
    with pytest.raises(StoreRefused, match="cannot be part of an object key"):
        keys.model(coin, DAY, DIGEST)


@pytest.mark.parametrize("name", ["../report.html", ".html", "a/b.html", "report", "Report.html", "a.html\n"])
def test_a_report_name_that_could_leave_its_folder_makes_no_key(name: str) -> None:
    with pytest.raises(StoreRefused, match="report name"):
        keys.report(DAY, name)


@pytest.mark.parametrize("name", ["", "../x", "0" * 31, "0" * 33, "G" * 32])
def test_a_probe_that_is_no_random_name_makes_no_key(name: str) -> None:
    with pytest.raises(StoreRefused, match="probe"):
        keys.probe(name)


def test_a_step_that_would_break_the_order_of_keys_is_refused() -> None:
    for step in (-1, 1_000_000_000):
        with pytest.raises(StoreRefused, match=f"step {step} "):
            keys.checkpoint_state(DAY, DIGEST, step)


@given(
    days=st.tuples(st.dates(), st.dates()),
    coin=st.from_regex(r"[A-Z0-9]{1,20}", fullmatch=True),
    steps=st.tuples(st.integers(0, 999_999_999), st.integers(0, 999_999_999)),
)
def test_the_order_of_keys_is_the_order_of_time(days: tuple[date, date], coin: str, steps: tuple[int, int]) -> None:
    candles = [keys.candle_day("1h", coin, day, DIGEST) for day in days]
    checkpoints = [keys.checkpoint_state(DAY, DIGEST, step) for step in steps]

    assert (candles[0] < candles[1]) == (days[0] < days[1])
    assert (checkpoints[0] < checkpoints[1]) == (steps[0] < steps[1])
    assert all(check_key(key) == key for key in candles + checkpoints)


def test_every_key_of_a_coin_begins_with_the_coins_prefix() -> None:
    key = keys.candle_day("5m", "BTC", DAY + timedelta(days=1), DIGEST)

    assert key.startswith(keys.candle_days("5m", "BTC"))
    assert not keys.candle_day("5m", "BTCB", DAY, DIGEST).startswith(keys.candle_days("5m", "BTC"))


def test_coin_day_and_digest_of_a_candle_key_are_read_back() -> None:
    assert keys.candle_day_of(keys.candle_day("5m", "BTC", DAY, DIGEST)) == ("BTC", DAY, DIGEST[:16])
    assert keys.candle_day_of(keys.legacy_candle_day("5m", "BTC", DAY)) == ("BTC", DAY, None)


@pytest.mark.parametrize(
    "key",
    [
        "candles/5m/BTC/2024-02-31.parquet",
        "candles/5m/btc/2024-08-15.parquet",
        "candles/BTC/2024-08-15.parquet",
        "candles/5m/BTC/2024-08-15-0123.parquet",
        "candles/5m/BTC/readme.txt",
    ],
)
def test_a_key_of_another_form_is_no_candle_key(key: str) -> None:
    assert keys.candle_day_of(key) is None


def test_a_manifest_is_told_from_weights() -> None:
    assert keys.is_manifest(keys.model_manifest("BTC", DAY, DIGEST, DIGEST))
    assert not keys.is_manifest(keys.model_weights("BTC", DAY, DIGEST, DIGEST))


def test_the_day_of_a_copy_of_decisions_is_read_back() -> None:
    assert keys.decisions_day_of(keys.decisions(DAY)) == DAY
    assert keys.decisions_day_of("decisions/readme.txt") is None

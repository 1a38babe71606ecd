"""The metrics say what the tables hold, in a format that Prometheus's own parser reads, on both databases."""

from datetime import timedelta

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import insert

from coin_models.db.schema import attempts, outbox, sessions
from coin_models.errors import NoHome
from coin_models.pipeline.metrics import METRICS, metrics_text
from coin_models.settings.root import Settings
from coin_models_tests.backends import Backend
from coin_models_tests.pipeline.prune.old_home import TODAY, OldHome, ago


def values_of(settings: Settings) -> dict[str, float]:
    """By name and labels, each value."""
    families = text_string_to_metric_families(metrics_text(settings).decode())
    return {
        sample.name + "".join(f" {value}" for _, value in sorted(sample.labels.items())): sample.value
        for family in families
        for sample in family.samples
    }


def fill(home: OldHome) -> None:
    """A champion and a challenger, two attempts of which one is quarantined, a session that runs, a message that waits."""
    version = home.publish("BTC", 1, made=0)
    home.publish("ETH", 3)
    home.publish("SOL", 30)
    home.decide("BTC", 1, version, "promote")
    at = TODAY - timedelta(hours=1)
    session = {
        "id": "s", "machine": "m", "host": "h", "provider": "local", "market": "spot", "price_usd_per_hour": 2.0, "process_id": 1,
        "code_version": "c", "started_at": at, "heartbeat_at": TODAY,
    }  # fmt: skip
    attempt = {"day": ago(1), "session_id": "s", "started_at": at, "ended_at": at, "fingerprint": "f"}
    tries = [{"coin": "BTC", "outcome": "done"}, *({"coin": "ETH", "outcome": "failed"} for _ in range(3))]
    message = {"event_key": "e", "channel": "c", "kind": "k", "payload": {}, "created_at": at, "not_before": at}
    with home.database.begin() as connection:
        connection.execute(insert(sessions).values(**session))
        connection.execute(insert(attempts), [{**attempt, **tried} for tried in tries])
        connection.execute(insert(outbox).values(**message))


def test_the_metrics_are_what_the_tables_hold(backend: Backend) -> None:
    settings = backend.settings.model_copy(update={"universe": ("BTC", "ETH", "SOL")})
    home = OldHome(settings=settings)
    fill(home)

    values = values_of(settings)
    home.close()

    published = {name: value for name, value in values.items() if "last_published" in name}
    assert {name.split()[1] for name in published} == {"BTC", "ETH"}
    assert published["coin_models_last_published_timestamp_seconds BTC"] == pytest.approx(TODAY.timestamp(), abs=1)
    assert values["coin_models_coins"] == 3
    assert values["coin_models_champions"] == 1
    assert values["coin_models_attempts_last_day failed"] == 3
    assert values["coin_models_attempts_last_day done"] == 1
    assert values["coin_models_quarantined_coin_days"] == 1
    assert values["coin_models_running_sessions"] == 1
    assert values["coin_models_messages waiting"] == 1
    assert 0 < values["coin_models_spent_usd_today"] <= 2.0
    assert values["coin_models_database_bytes"] > 100_000


def test_every_metric_that_is_declared_is_given_with_its_help_and_no_other(embedded: Backend) -> None:
    OldHome(settings=embedded.settings).database.close()

    families = {
        family.name: family for family in text_string_to_metric_families(metrics_text(embedded.settings).decode())
    }

    assert {name: family.documentation for name, family in families.items()} == METRICS
    assert all(family.type == "gauge" for family in families.values())


def test_where_nothing_was_trained_there_are_no_metrics_and_no_home_is_made(embedded: Backend) -> None:
    with pytest.raises(NoHome):
        metrics_text(embedded.settings)

    assert not embedded.settings.home.exists()

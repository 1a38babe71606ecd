"""What of each setting is secret: of a key all, of a URL what gives access and nothing that sentences need."""

import pytest

from coin_models.settings.root import Settings
from coin_models.settings.secret_values import secret_parts, secret_values


@pytest.mark.parametrize(
    ("url", "secret"),
    [
        ("a-key-without-a-scheme", {"a-key-without-a-scheme"}),
        (
            "postgresql+psycopg2://me:p%40ss@db.example:5432/coins?sslmode=require&sslpassword=s3",
            {"p%40ss", "p@ss", "s3"},
        ),
        ("redis://:broker-key@redis.example:6379/0", {"broker-key"}),
        ("https://hc-ping.com/0123-4567-89ab", {"0123-4567-89ab"}),
        ("http://me:pass@proxy.example/prefix?key=a-key&n=1", {"me", "pass", "bWU6cGFzcw==", "a-key"}),
        ("tgram://123456789:AAtoken/-100200300", {"123456789:AAtoken", "123456789", "-100200300"}),
        ("http://[", {"http://["}),
    ],
)
def test_the_secret_parts_of_a_url(url: str, secret: set[str]) -> None:
    assert set(secret_parts(url)) == secret


def test_every_secret_setting_is_read_lists_and_several_urls_too() -> None:
    settings = Settings(
        source="exchange",
        universe=("BTC",),
        database_url="postgresql://me:database-key@host/name",  # type: ignore[arg-type]
        store_url="s3://bucket",
        store_access_key_id="the-key-id",  # type: ignore[arg-type]
        store_secret_access_key="the-secret-key",  # type: ignore[arg-type]
        market={"exchange": "kraken,okx", "exchange_base_url": "http://u:first-key@a, http://u:other-key@b"},  # type: ignore[arg-type]
        notify={"urls": "json://u:channel-key@host/", "heartbeat_url": "https://host/beat-key-1"},  # type: ignore[arg-type]
        fleet={"broker_url": "redis://:broker-key@host:1/0"},  # type: ignore[arg-type]
    )
    expected = {
        "database-key",
        "the-key-id",
        "the-secret-key",
        "first-key",
        "other-key",
        "channel-key",
        "beat-key-1",
        "broker-key",
    }

    assert expected <= set(secret_values(settings))
    assert not {"host", "bucket", "name", "kraken"} & set(secret_values(settings))

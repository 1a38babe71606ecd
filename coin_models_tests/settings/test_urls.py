"""What of a URL is shown, and what is handed on."""

from pathlib import Path

import pytest

from coin_models.settings.market import MarketSettings
from coin_models.settings.urls import MaskedUrl, basic_authorization, masked, without_credentials
from coin_models_tests.settings.environments import refusal

_SECRET = "hunter2hunter2"
_URL = f"https://me:{_SECRET}@proxy.example:8443/api?token={_SECRET}#part"


def test_user_password_and_query_are_hidden_in_every_text_of_every_url() -> None:
    market = MarketSettings(exchange="binance,kraken", exchange_base_url=MaskedUrl(f"{_URL}, http://plain/x"))
    shown = [
        str(market),
        repr(market),
        str(market.exchange_base_url),
        market.model_dump_json(),
        f"{market.model_dump()}",
    ]

    assert not any(_SECRET in text for text in shown)
    assert str(market.exchange_base_url) == "https://***@proxy.example:8443/api?***,http://plain/x"


def test_what_is_handed_on_holds_no_credential_and_the_header_holds_them() -> None:
    assert without_credentials(_URL) == "https://proxy.example:8443/api"
    assert basic_authorization("http://me:p%40ss@host") == {"Authorization": "Basic bWU6cEBzcw=="}
    assert basic_authorization("http://host") == {}
    assert masked("http://host/path") == "http://host/path"


@pytest.mark.parametrize("name", ["AWS", "GCP"])
def test_the_address_of_a_metadata_server_may_hold_no_credential(tmp_path: Path, name: str) -> None:
    message = refusal(tmp_path, {f"COIN_MODELS_INTERRUPTION_{name}_METADATA_URL": f"http://me:{_SECRET}@host"})

    assert f"{name.lower()}_metadata_url holds credentials" in message
    assert _SECRET not in message

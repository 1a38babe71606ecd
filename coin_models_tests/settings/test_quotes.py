"""The threshold of turnover, whatever the quote asset."""

import logging

import pytest

from coin_models.settings.load import load_settings
from coin_models.settings.market import MarketSettings
from coin_models.settings.quotes import QUOTE_USD
from coin_models.settings.root import Settings


@pytest.mark.parametrize(("quote", "expected"), [("USDT", 2_000_000.0), ("BTC", 25.0), ("KRW", 2_000_000 / 0.00072)])
def test_the_threshold_is_the_same_amount_of_dollars_in_every_quote(quote: str, expected: float) -> None:
    assert Settings(quote=quote).market.min_turnover_in_quote == pytest.approx(expected)


def test_a_value_that_is_given_counts_instead_of_the_tables() -> None:
    by_group = Settings(quote="BTC", market=MarketSettings(quote_usd=100_000))
    by_text = load_settings({"quote": "BTC", "market": {"quote_usd": "100000"}})

    assert by_group.market.min_turnover_in_quote == by_text.market.min_turnover_in_quote == 20.0


def test_an_unknown_quote_is_warned_about_and_counts_as_it_did_before(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        settings = Settings(quote="XYZQ")

    assert settings.market.min_turnover_in_quote == 2_000_000
    assert "the value of one XYZQ in US dollars is not known" in caplog.text


def test_the_values_are_of_the_size_of_a_currency() -> None:
    assert all(0.00001 < value < 1_000_000 for value in QUOTE_USD.values())

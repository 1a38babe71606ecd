"""Links of the assets lead to pages that the web server has."""

from datetime import date

from coin_models.defs.links import coin_link, day_link


def test_a_coin_and_a_day_have_a_page() -> None:
    assert coin_link("BTC").url == "/reports/coins/BTC"
    assert day_link(date(2024, 8, 15)).url == "/reports/2024-08-15"

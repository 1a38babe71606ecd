"""The text of a new coin_models.toml is read back as what was given, and says what each value is."""

import tomllib

from coin_models.settings.file_text import settings_text


def test_what_is_written_is_read_again() -> None:
    values = {
        "source": "exchange",
        "universe": ("BTC", "ETH"),
        "home": 'a "home" \\ of mine',
        "market": {"exchange": "kraken"},
        "costs": {"market": "spot", "price_usd_per_hour": 0.2},
    }

    text = settings_text(values)

    assert tomllib.loads(text) == {**values, "universe": ["BTC", "ETH"]}


def test_each_value_stands_below_its_description() -> None:
    lines = settings_text({"quote": "EUR", "market": {"exchange": "kraken"}}).splitlines()

    assert lines[lines.index('quote = "EUR"') - 1] == "# Quote asset of every market."
    assert lines[lines.index("[market]") + 1].startswith("# ccxt's id of the exchange")
    assert all(len(line) <= 100 for line in lines)


def test_what_is_not_given_is_left_out() -> None:
    text = settings_text({"source": "demo", "universe": None, "notify": {"urls": None}, "costs": {}})

    assert tomllib.loads(text) == {"source": "demo", "notify": {}, "costs": {}}
